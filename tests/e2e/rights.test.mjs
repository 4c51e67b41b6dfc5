// Asks that are understood and refused: each code with its record, in the order of the checks.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pointers, verifyAnswer, verifyProblem } from './lib/answer.mjs';
import { KYC_FIELDS, kycAsk, residenceAsk, subjectOf, unknownId } from './lib/asks.mjs';
import { Http2Client, protocols } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { addBusiness, addParty, day, hour } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let samples;
let person;

before(async () => {
    demo = await demonstration('rights');
    server = await serve(demo);
    samples = demo.samples();
    [person] = samples;
    await addBusiness(demo, 'T-SUSPENDED', 'bank');
    await demo.act('business', 'suspend', 'T-SUSPENDED', '--reason', 'Kiểm thử');
    await addBusiness(demo, 'T-REVOKED', 'bank');
    await demo.act('business', 'revoke', 'T-REVOKED', '--reason', 'Kiểm thử');
    await addBusiness(demo, 'T-SUBMITTED', 'bank', { grant: false });
    await addBusiness(demo, 'T-REFUSED', 'bank', { grant: false });
    await demo.act('business', 'refuse', 'T-REFUSED', '--reason', 'Kiểm thử');
    await addBusiness(demo, 'T-PAST', 'bank', { args: ['--from', day(-9), '--until', day(-1)] });
    await addBusiness(demo, 'T-FUTURE', 'bank', { args: ['--from', day(1)] });
    await addBusiness(demo, 'T-TODAY', 'bank', { args: ['--from', day(0), '--until', day(0)] });
    await addBusiness(demo, 'T-PORTAL-ONLY', 'bank', { channels: 'national_portal' });
    await addBusiness(demo, 'T-NOTARY', 'notary');
    await addParty(demo, 'no-instrument', { instrument: null });
    await addBusiness(demo, 'T-NO-INSTRUMENT', 'no-instrument');
    await addParty(demo, 'state-guided', { class: 'state' });
    await addParty(demo, 'citizen', { class: 'citizen', channel: 'national_portal', instrument: null });
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

const connect = (kind, name = 'bank') =>
    new kind({ port: server.port, ca: demo.ca, ...demo.client(name) });

// One ask by one client; the connection is its own.
async function asked(kind, name, ask, headers) {
    const client = connect(kind, name);
    try {
        return await client.lookup(ask, headers);
    } finally {
        await client.close();
    }
}

// What the record says beside its code: class, channel, what was asked.
function verifyRefusal(answer, status, code, ask, shown) {
    const found = verifyProblem(answer, status, code, { vkey: demo.vkey, receipt: true });
    assert.equal(found.entry.class, shown.class);
    assert.equal(found.entry.channel, shown.channel);
    assert.equal(found.entry.service, 'citizen.lookup');
    assert.equal(found.opened.business, ask.business);
    assert.deepEqual(found.opened.request.asked, ask.subject);
    assert.deepEqual(found.opened.request.fields, ask.fields);
    assert.ok(typeof found.body.clause === 'string' && found.body.clause !== '', 'a clause is named');
    return found;
}
const asBank = { class: 'organisation', channel: 'guided' };

for (const kind of protocols) {
    describe(`over ${kind.label}`, () => {
        test('class other over a direct connection is channel_not_open (F4)', async () => {
            const ask = kycAsk(person);
            const answer = await asked(kind, 'other', ask);
            const { body } = verifyRefusal(answer, 403, 'channel_not_open', ask,
                { class: 'other', channel: 'guided' });
            assert.match(body.clause, /F4/);
        });

        test('a direct connection without its guidance instrument is channel_not_open', async () => {
            const ask = kycAsk(person, { business: 'T-NO-INSTRUMENT' });
            verifyRefusal(await asked(kind, 'no-instrument', ask), 403, 'channel_not_open', ask,
                asBank);
        });

        test('the state over a direct connection is channel_not_open in 2021', async () => {
            const ask = kycAsk(person);
            verifyRefusal(await asked(kind, 'state-guided', ask), 403, 'channel_not_open', ask,
                { class: 'state', channel: 'guided' });
        });

        test('looking other people up is service_not_open to a citizen (F3)', async () => {
            const ask = kycAsk(person);
            const { body } = verifyRefusal(await asked(kind, 'citizen', ask), 403,
                'service_not_open', ask, { class: 'citizen', channel: 'national_portal' });
            assert.match(body.clause, /F3/);
        });

        for (const [name, channel] of [['national-portal', 'national_portal'],
            ['mps-portal', 'mps_portal']]) {
            test(`${name}, from which an assertion is required, is operator_not_allowed`,
                async () => {
                    const ask = kycAsk(person);
                    verifyRefusal(await asked(kind, name, ask), 403, 'operator_not_allowed', ask,
                        { class: 'state', channel });
                    const forBank = kycAsk(person, { party: 'bank' });
                    verifyRefusal(await asked(kind, name, forBank), 403, 'operator_not_allowed',
                        forBank, { class: 'organisation', channel });
                });
        }

        test('asking for another party by its business is operator_not_allowed', async () => {
            const ask = kycAsk(person, { party: 'notary', business: 'T-NOTARY' });
            const answer = await asked(kind, 'bank', ask);
            const { opened } = verifyRefusal(answer, 403, 'operator_not_allowed', ask, asBank);
            assert.equal(opened.party, 'notary');
            assert.equal(opened.agent.operator, 'bank');
        });

        test('asking for another party by the own business is business_not_granted', async () => {
            for (const party of ['notary', 'nobody']) {
                const ask = kycAsk(person, { party });
                const answer = await asked(kind, 'bank', ask);
                const { opened } = verifyRefusal(answer, 403, 'business_not_granted', ask, asBank);
                assert.equal(opened.party, party);
            }
        });

        for (const [what, business] of [['nobody has', 'NV-NOBODY'], ['is another party\'s',
            'NV-HCM-RESIDENCE'], ['is suspended', 'T-SUSPENDED'], ['is revoked', 'T-REVOKED'],
        ['was only submitted', 'T-SUBMITTED'], ['was refused', 'T-REFUSED'],
        ['has ended', 'T-PAST'], ['begins tomorrow', 'T-FUTURE'],
        ['is granted for another channel', 'T-PORTAL-ONLY']]) {
            test(`a business that ${what} is business_not_granted`, async () => {
                const ask = kycAsk(person, { business });
                verifyRefusal(await asked(kind, 'bank', ask), 403, 'business_not_granted', ask,
                    asBank);
            });
        }

        test('a party without any business is business_not_granted', async () => {
            const ask = kycAsk(person);
            verifyRefusal(await asked(kind, 'notary', ask), 403, 'business_not_granted', ask, asBank);
            verifyRefusal(await asked(kind, 'ministry-onestop', ask), 403, 'business_not_granted',
                ask, { class: 'state', channel: 'ministry_one_stop' });
        });

        test('a business is good on its first and last day', async () => {
            const ask = kycAsk(person, { business: 'T-TODAY' });
            verifyAnswer(await asked(kind, 'bank', ask), ask, demo.vkey,
                { party: 'bank', account: 'bank' });
        });

        for (const [what, absent] of [['absent', undefined], ['empty', ''], ['blank', '  \t'],
            ['of no-break spaces', '\u00a0\u2003']]) {
            test(`a case that is ${what} is case_missing`, async () => {
                const ask = kycAsk(person, { case: absent });
                const answer = await asked(kind, 'bank', ask);
                if (what === 'blank' && answer.status === 400) {
                    verifyProblem(answer, 400, 'bad_request'); // a tab is a control character
                    return;
                }
                verifyRefusal(answer, 403, 'case_missing', ask, asBank);
            });
        }

        for (const field of ['religion', 'ethnicity', 'household', 'blood_group', 'relatives']) {
            test(`${field}, which is not granted, refuses the whole ask and is pointed at`,
                async () => {
                    const ask = kycAsk(person, { fields: ['full_name', 'sex', field] });
                    const answer = await asked(kind, 'bank', ask);
                    verifyRefusal(answer, 403, 'field_not_granted', ask, asBank);
                    assert.deepEqual(pointers(answer), ['/fields/2']);
                });
        }

        for (const use of [{ copy: '2027-01-01' }, { third_party: 'Công ty X' }]) {
            test(`use ${Object.keys(use)} without a permit is permit_missing`, async () => {
                const ask = kycAsk(person, { use });
                const answer = await asked(kind, 'bank', ask);
                const { opened } = verifyRefusal(answer, 403, 'permit_missing', ask, asBank);
                assert.deepEqual(opened.request.use, use);
            });
        }

        test('an unknown number is subject_not_available, and no field is told', async () => {
            const ask = kycAsk({ ...person, id: unknownId(1) });
            const answer = await asked(kind, 'bank', ask);
            verifyRefusal(answer, 404, 'subject_not_available', ask, asBank);
        });

        test('refusals are in the language that was asked for', async () => {
            const ask = kycAsk(person, { business: 'NV-NOBODY' });
            const answer = await asked(kind, 'bank', ask, { 'accept-language': 'en' });
            assert.equal(answer.json.title, 'No such business is granted');
            assert.equal((await asked(kind, 'bank', ask)).json.title,
                'Nghiệp vụ không có quyền khai thác');
        });
    });
}

describe('the order of the checks', () => {
    // Each ask is wrong from one check on; the first that is wrong is the one that is told.
    const blank = { case: ' ' };
    const ungranted = { fields: ['religion'] };
    const use = { use: { copy: '2027-01-01' } };
    const nobody = () => ({ subject: { ...subjectOf(person), id: unknownId(2) } });
    const rows = [
        ['channel before business', 'other', { business: 'NV-NOBODY', ...blank },
            'channel_not_open'],
        ['assertion before channel', 'national-portal', { party: 'other', ...blank },
            'operator_not_allowed'],
        ['business before case', 'bank', { business: 'NV-NOBODY', ...blank, ...ungranted, ...use },
            'business_not_granted'],
        ['case before operator', 'bank', { ...blank, party: 'notary', business: 'T-NOTARY' },
            'case_missing'],
        ['operator before fields', 'bank',
            { ...ungranted, ...use, party: 'notary', business: 'T-NOTARY' },
            'operator_not_allowed'],
        ['case before fields', 'bank', { ...blank, ...ungranted, ...use }, 'case_missing'],
        ['fields before permit', 'bank', { ...ungranted, ...use }, 'field_not_granted'],
        ['permit before quota', 'bank', { ...use, business: 'T-NONE' }, 'permit_missing'],
    ];
    before(() => addBusiness(demo, 'T-NONE', 'bank', { quota: 0 }));
    for (const [what, name, changes, code] of rows) {
        test(`is ${what}`, async () => {
            const answer = await asked(Http2Client, name, kycAsk(person, changes));
            assert.equal(answer.json.code, code, answer.text);
        });
    }

    test('puts the permit before the person', async () => {
        const answer = await asked(Http2Client, 'bank',
            kycAsk(person, { ...use, subject: nobody().subject }));
        assert.equal(answer.json.code, 'permit_missing');
    });

    test('puts quota before the person: a used quota tells nothing about who is asked', async () => {
        await addBusiness(demo, 'T-ONE', 'bank', { quota: 1 });
        const ask = kycAsk(person, { business: 'T-ONE' });
        assert.equal((await asked(Http2Client, 'bank', ask)).status, 200);
        for (const subject of [ask.subject, nobody().subject]) {
            const answer = await asked(Http2Client, 'bank', { ...ask, subject });
            assert.equal(answer.json.code, 'quota_exceeded');
        }
    });
});

describe('quotas', () => {
    for (const kind of protocols) {
        test(`the second ask of a day on a quota of one is quota_exceeded over ${kind.label}`,
            async () => {
                const business = kind === Http2Client ? 'NV-BANK-TINY' : 'T-TINY';
                if (business === 'T-TINY') {
                    await addBusiness(demo, business, 'bank', { quota: 1, fields: ['full_name'] });
                }
                const ask = kycAsk(person, { business, fields: ['full_name'] });
                const first = await asked(kind, 'bank', ask);
                assert.equal(first.status, 200, first.text);
                const second = await asked(kind, 'bank', ask);
                verifyRefusal(second, 429, 'quota_exceeded', ask, asBank);
                const wait = Number(second.headers['retry-after']);
                const midnight = Date.parse(`${day(1)}T00:00:00+07:00`);
                const left = (midnight - Date.now()) / 1000;
                assert.ok(Math.abs(wait - left) < 60, `Retry-After ${wait}, midnight in ${left} s`);
            });
    }

    test('a miss counts like a hit', async () => {
        await addBusiness(demo, 'T-MISS', 'bank', { quota: 2 });
        const miss = { ...subjectOf(person), id: unknownId(3) };
        const ask = kycAsk(person, { business: 'T-MISS' });
        assert.equal((await asked(Http2Client, 'bank', { ...ask, subject: miss })).status, 404);
        assert.equal((await asked(Http2Client, 'bank', ask)).status, 200);
        assert.equal((await asked(Http2Client, 'bank', ask)).json.code, 'quota_exceeded');
    });

    test('a refusal does not count', async () => {
        await addBusiness(demo, 'T-REFUSALS', 'bank', { quota: 1 });
        const ask = kycAsk(person, { business: 'T-REFUSALS' });
        for (let i = 0; i < 5; i++) {
            const refused = await asked(Http2Client, 'bank', { ...ask, fields: ['religion'] });
            assert.equal(refused.status, 403);
        }
        assert.equal((await asked(Http2Client, 'bank', ask)).status, 200);
    });

    test('of 300 asks at once on a quota of 100, exactly 100 are answered', async () => {
        await addBusiness(demo, 'T-HUNDRED', 'bank', { quota: 100 });
        const clients = [connect(Http2Client), connect(Http2Client), connect(Http2Client)];
        const answers = await Promise.all(Array.from({ length: 300 }, (_, i) =>
            clients[i % 3].lookup(kycAsk(samples[i % 100], { business: 'T-HUNDRED' }))));
        assert.equal(answers.filter((answer) => answer.status === 200).length, 100);
        assert.equal(answers.filter((answer) => answer.status === 429).length, 200);
        await Promise.all(clients.map((client) => client.close()));
    });

    test('the sixth miss on one number is quota_exceeded, for that number and party only',
        async () => {
            const wrong = { ...subjectOf(samples[8]), name: 'Trần Thị Sai Tên' };
            const ask = kycAsk(samples[8], { subject: wrong });
            for (let i = 0; i < 5; i++) {
                assert.equal((await asked(Http2Client, 'bank', ask)).status, 404);
            }
            const sixth = await asked(Http2Client, 'bank', ask);
            verifyRefusal(sixth, 429, 'quota_exceeded', ask, asBank);
            const wait = Number(sixth.headers['retry-after']);
            assert.ok(wait > 86_300 && wait <= 86_400, `Retry-After ${wait}`);
            const right = await asked(Http2Client, 'bank', kycAsk(samples[8]));
            assert.equal(right.json.code, 'quota_exceeded', 'nor is the right name tried out');
            assert.equal((await asked(Http2Client, 'bank', kycAsk(samples[9]))).status, 200);
            const notary = kycAsk(samples[8], { business: 'T-NOTARY' });
            assert.equal((await asked(Http2Client, 'notary', notary)).status, 200);
        });

    test('ten misses on one number at once: five are told, the rest are quota_exceeded', async () => {
        const client = connect(Http2Client);
        const wrong = { ...subjectOf(samples[10]), birth_date: '1911-11-11' };
        const answers = await Promise.all(Array.from({ length: 10 }, () =>
            client.lookup(kycAsk(samples[10], { subject: wrong }))));
        assert.equal(answers.filter((answer) => answer.status === 404).length, 5);
        assert.equal(answers.filter((answer) => answer.json.code === 'quota_exceeded').length, 5);
        await client.close();
    });
});

describe('an account', () => {
    for (const kind of protocols) {
        test(`that is suspended is account_blocked at once, on the open connection, over ${
            kind.label}`, async () => {
            const client = connect(kind, 'notary');
            const ask = kycAsk(samples[11], { business: 'T-NOTARY' });
            assert.equal((await client.lookup(ask)).status, 200);
            await demo.act('account', 'suspend', 'notary', '--reason', 'Kiểm thử');
            verifyRefusal(await client.lookup(ask), 403, 'account_blocked', ask, asBank);
            await demo.act('account', 'resume', 'notary', '--reason', 'Kiểm thử');
            assert.equal((await client.lookup(ask)).status, 200);
            await client.close();
        });
    }
});

test('a business outside its hours is business_not_granted', async (t) => {
    const now = hour();
    if (new Date().getUTCMinutes() >= 59) {
        t.skip('the hour is about to change');
        return;
    }
    const before = now > 0 ? ['0', String(now)] : ['1', '24'];
    await addBusiness(demo, 'T-HOURS-NO', 'bank',
        { args: ['--hours-from', before[0], '--hours-until', before[1]] });
    await addBusiness(demo, 'T-HOURS-YES', 'bank',
        { args: ['--hours-from', String(now), '--hours-until', String(now + 1)] });
    const no = await asked(Http2Client, 'bank', kycAsk(person, { business: 'T-HOURS-NO' }));
    assert.equal(no.json.code, 'business_not_granted');
    const yes = await asked(Http2Client, 'bank', kycAsk(person, { business: 'T-HOURS-YES' }));
    assert.equal(yes.status, 200);
});

test('a one-stop system of province 79 gets nothing about somebody who lives elsewhere', async () => {
    const outside = samples.find((one) => one.permanent_residence.province !== '79');
    const ask = residenceAsk(outside);
    verifyRefusal(await asked(Http2Client, 'hcm-onestop', ask), 404, 'subject_not_available', ask,
        { class: 'state', channel: 'province_one_stop' });
    assert.equal((await asked(Http2Client, 'bank', kycAsk(outside))).status, 200);
});

test('a business never gets a field or a channel that its class may not have', async () => {
    const business = (...more) => demo.dancu(['business', 'add', '--party', 'bank', '--purpose', 'x',
        '--legal-basis', 'x', '--services', 'citizen.lookup', '--quota-day', '1', ...more]);
    const sms = await business('--code', 'T-X1', '--channels', 'sms', '--fields', 'full_name');
    assert.equal(sms.status, 1);
    assert.match(sms.stderr, /channel/);
    const secret = await business('--code', 'T-X2', '--channels', 'guided',
        '--fields', KYC_FIELDS.concat('religion').join());
    assert.equal(secret.status, 1);
});
