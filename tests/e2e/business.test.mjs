// A business' life: drafts and revisions, quotas, permits, what its account is told of it, and why an
// ask is decided as it is; policies that are proposed, and published for a day to come.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { verifyProblem } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client, protocols } from './lib/client.mjs';
import { root, run } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { accountOf, makeOfficers, proposalOf } from './lib/officers.mjs';
import { addBusiness, addParty, day } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let person;

before(async () => {
    demo = await demonstration('business');
    server = await serve(demo);
    [person] = demo.samples();
    await addParty(demo, 'insurer');
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

const connect = (kind, name) => new kind({ port: server.port, ca: demo.ca, ...demo.client(name) });

async function asked(ask, name = 'bank', kind = Http2Client) {
    const client = connect(kind, name);
    try {
        return await client.lookup(ask);
    } finally {
        await client.close();
    }
}

async function grants(query = '', name = 'bank', kind = Http2Client) {
    const client = connect(kind, name);
    try {
        return await client.get(`/v1/grants${query}`);
    } finally {
        await client.close();
    }
}

const of = (answer, code) => answer.json.businesses.find((business) => business.code === code);

async function explain(...args) {
    const { status, stdout, stderr } = await demo.dancu(['policy', 'explain', '--json', ...args]);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
}

test('a draft is submitted, refused, revised and granted, and only then answers', async () => {
    const registration = ['--purpose', 'Bồi thường', '--legal-basis', 'Luật KDBH', '--services',
        'citizen.lookup', '--channels', 'guided', '--quota-day', '100'];
    const ask = kycAsk(person, { business: 'T-DRAFT', fields: ['full_name'] });
    const state = async () => of(await grants('', 'insurer'), 'T-DRAFT').state;
    await demo.act('business', 'draft', '--code', 'T-DRAFT', '--party', 'insurer', ...registration,
        '--fields', 'full_name,religion');
    assert.equal(await state(), 'draft');
    const above = await demo.dancu(['business', 'submit', 'T-DRAFT']);
    assert.equal(above.status, 1);
    assert.match(above.stderr, /ceiling/);
    await demo.act('business', 'revise', 'T-DRAFT', ...registration, '--fields', 'full_name');
    await demo.act('business', 'submit', 'T-DRAFT');
    await demo.act('business', 'refuse', 'T-DRAFT', '--reason', 'Thiếu căn cứ', '--clause', 'P3');
    assert.equal(await state(), 'refused');
    assert.equal((await asked(ask, 'insurer')).json.code, 'business_not_granted');
    await demo.act('business', 'revise', 'T-DRAFT', ...registration, '--fields', 'full_name',
        '--population', 'age>=18 or not sex=1');
    assert.equal(await state(), 'draft');
    await demo.act('business', 'submit', 'T-DRAFT');
    await demo.act('business', 'grant', 'T-DRAFT');
    assert.equal((await demo.dancu(['business', 'revise', 'T-DRAFT', ...registration, '--fields',
        'full_name'])).status, 1);
    assert.equal(of(await grants('', 'insurer'), 'T-DRAFT').population, 'age>=18 or not sex=1');
});

test('a condition that is none is refused with its place', async () => {
    const { status, stderr } = await demo.dancu(['business', 'add', '--code', 'T-NONSENSE', '--party',
        'bank', '--purpose', 'x', '--legal-basis', 'x', '--services', 'citizen.lookup', '--channels',
        'guided', '--fields', 'sex', '--quota-day', '1', '--population', 'age>=18 and sex=3']);
    assert.equal(status, 1);
    assert.match(stderr, /population, at 17: /);
});

test('a condition on age and sex decides who may be asked about', async () => {
    const age = Number(day(0).slice(0, 4)) - Number(person.birth_date.slice(0, 4));
    for (const [code, population, status] of [
        ['T-AGE-IN', `age>=${age - 1} and age<=${age} and sex=${person.sex}`, 200],
        ['T-AGE-OUT', `age<${age - 1}`, 404],
        ['T-NOT', `not (sex=${person.sex} or age<0)`, 404],
    ]) {
        await addBusiness(demo, code, 'bank', { args: ['--population', population] });
        assert.equal((await asked(kycAsk(person, { business: code }))).status, status, code);
    }
});

test('a condition names a list: who stands in it is disclosed, and nobody else', async () => {
    const [, inside, outside] = demo.samples(); // each misses less often than five times
    const file = path.join(demo.dir, 'persons.txt');
    writeFileSync(file, `${inside.id}\n`);
    const about = (business) => Promise.all([inside, outside].map((one) =>
        asked(kycAsk(one, { business }))));
    const statuses = async (business) => (await about(business)).map(({ status }) => status);
    await addBusiness(demo, 'T-LIST', 'bank', { args: ['--population', 'list=SOCIAL-79'] });
    await addBusiness(demo, 'T-UNLISTED', 'bank', { args: ['--population', 'not list=SOCIAL-79'] });
    assert.deepEqual(await statuses('T-UNLISTED'), [404, 404]); // there is no such list
    await demo.act('person-list', 'add', 'SOCIAL-79', '--name', 'Hưởng trợ cấp xã hội');
    await demo.act('person-list', 'put', 'SOCIAL-79', '--persons', file);
    const [found, missed] = await about('T-LIST');
    assert.equal(found.status, 200);
    verifyProblem(missed, 404, 'subject_not_available', { receipt: true, vkey: demo.vkey });
    assert.deepEqual(await statuses('T-UNLISTED'), [404, 200]);
    process.kill((await server.process('core')).pid, 'SIGKILL');
    let again = 503;
    while (again === 503) {
        ({ status: again } = await asked(kycAsk(inside, { business: 'T-LIST' }))
            .catch(() => ({ status: 503 })));
    }
    assert.equal(again, 200);
    const { stdout } = await demo.dancu(['person-list', 'list', 'SOCIAL-79']);
    const { persons, state, version } = JSON.parse(stdout);
    assert.deepEqual([persons, state, version], [1, 'in_force', 2]);
    assert.ok(!stdout.includes(inside.id));
    const twice = await demo.dancu(['person-list', 'put', 'SOCIAL-79', '--persons', file]);
    assert.equal(twice.status, 1);
    assert.match(twice.stderr, /in the list already/);
    await demo.act('person-list', 'remove', 'SOCIAL-79', '--persons', file);
    assert.equal((await asked(kycAsk(inside, { business: 'T-LIST' }))).status, 404);
    await demo.act('person-list', 'end', 'SOCIAL-79', '--reason', 'Hết hạn');
    assert.equal((await asked(kycAsk(outside, { business: 'T-UNLISTED' }))).status, 404);
    const why = (...lists) => explain('--population', 'list=SOCIAL-79', ...lists);
    assert.equal((await why('--lists', 'OTHER,SOCIAL-79')).decision.rule, 'permitted');
    assert.equal((await why()).decision.rule, 'population');
});

test('quotas of the second and of the whole are exact, over a kill of the core too', async () => {
    await addBusiness(demo, 'T-WHOLE', 'bank', { args: ['--quota-total', '3'] });
    await addBusiness(demo, 'T-SECOND', 'bank', { args: ['--quota-second', '2'] });
    const ask = kycAsk(person, { business: 'T-WHOLE' });
    assert.equal((await asked(ask)).status, 200);
    process.kill((await server.process('core')).pid, 'SIGKILL');
    const codes = [];
    while (codes.length < 4) {
        const answer = await asked(ask).catch(() => ({ status: 503 }));
        if (answer.status !== 503) {
            codes.push(answer.json.code ?? 'disclosed');
        }
    }
    assert.deepEqual(codes, ['disclosed', 'disclosed', 'quota_exceeded', 'quota_exceeded']);
    assert.deepEqual(of(await grants(), 'T-WHOLE').quotas.total, { left: 0, max: 3 });
    const client = connect(Http2Client, 'bank');
    const many = await Promise.all(Array.from({ length: 12 }, () =>
        client.lookup(kycAsk(person, { business: 'T-SECOND' }))));
    await client.close();
    const bySecond = new Map();
    for (const answer of many.filter(({ status }) => status === 200)) {
        const { time } = JSON.parse(Buffer.from(answer.json.opening[0], 'base64url'))[2];
        bySecond.set(time.slice(0, 19), (bySecond.get(time.slice(0, 19)) ?? 0) + 1);
    }
    assert.ok([...bySecond.values()].every((count) => count <= 2), [...bySecond].join());
    const refused = many.find(({ status }) => status === 429);
    assert.equal(refused?.headers['retry-after'], '1');
});

test('a use that is declared needs a permit that covers it, until its copy is deleted', async () => {
    await addBusiness(demo, 'T-COPY', 'bank');
    const until = day(30);
    const copy = (more) => asked(kycAsk(person,
        { business: 'T-COPY', fields: ['full_name'], use: { copy: until }, ...more }));
    assert.equal((await copy()).json.code, 'permit_missing');
    await demo.act('permit', 'grant', 'GP-1', '--business', 'T-COPY', '--kind', 'copy', '--fields',
        'full_name', '--until', until, '--reason', 'CV 03');
    assert.equal((await copy()).status, 200);
    assert.equal((await copy({ fields: ['full_name', 'sex'] })).json.code, 'permit_missing');
    assert.equal((await copy({ use: { copy: day(31) } })).json.code, 'permit_missing');
    assert.equal((await copy({ use: { third_party: 'Công ty A' } })).json.code, 'permit_missing');
    await demo.act('permit', 'grant', 'GP-2', '--business', 'T-COPY', '--kind', 'third_party',
        '--recipient', 'Công ty A', '--fields', 'full_name', '--until', until, '--reason', 'CV 04');
    assert.equal((await copy({ use: { third_party: 'Công ty A' } })).status, 200);
    assert.deepEqual(of(await grants(), 'T-COPY').permits.map(({ code, state }) => [code, state]),
        [['GP-1', 'in_force'], ['GP-2', 'in_force']]);
    await demo.act('permit', 'deletion', 'GP-1', '--statement', 'ab'.repeat(32));
    assert.equal((await copy()).json.code, 'permit_missing');
    const again = await demo.dancu(['permit', 'deletion', 'GP-2', '--statement', 'ab'.repeat(32)]);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /kind or state/);
    await server.stop();
    server = await serve(demo);
    assert.equal((await copy()).json.code, 'permit_missing');
    assert.equal((await copy({ use: { third_party: 'Công ty A' } })).status, 200);
});

for (const kind of protocols) {
    describe(`grants over ${kind.label}`, () => {
        test('are one\'s own alone, with what is left of the quotas', async () => {
            const answer = await grants('', 'bank', kind);
            assert.equal(answer.status, 200);
            assert.equal(answer.headers['cache-control'], 'no-store');
            const { account, businesses, next } = answer.json;
            assert.deepEqual(account,
                { channel: 'guided', code: 'bank', party: 'bank', state: 'active' });
            const codes = businesses.map(({ code }) => code);
            assert.deepEqual(codes, [...codes].sort());
            assert.ok(codes.includes('NV-BANK-KYC') && !codes.includes('T-DRAFT'));
            assert.equal(next, null);
            const before = of(answer, 'NV-BANK-KYC').quotas.day;
            assert.equal((await asked(kycAsk(person), 'bank', kind)).status, 200);
            const left = of(await grants('', 'bank', kind), 'NV-BANK-KYC').quotas.day;
            assert.deepEqual(left, { left: before.left - 1, max: before.max });
            const behind = await grants(`?after=${codes.at(-2)}`, 'bank', kind);
            assert.deepEqual(behind.json.businesses.map(({ code }) => code), codes.slice(-1));
        });

        test('are told to nobody unknown, and no other way', async () => {
            await demo.issue('stranger');
            assert.equal((await grants('', 'stranger', kind)).status, 401);
            for (const query of ['?before=x', '?after=', '?after=a%20b', `?after=${'x'.repeat(65)}`]) {
                const { status, json } = await grants(query, 'bank', kind);
                assert.equal(status, 400, query);
                assert.equal(json.code, 'bad_request');
            }
            const client = connect(kind, 'bank');
            const posted = await client.off.post('/v1/grants', {});
            await client.close();
            assert.equal(posted.status, 405);
            assert.equal(posted.headers.allow, 'GET');
        });
    });
}

describe('explain', () => {
    test('tells of a home what the gate says, check by check', async () => {
        const account = ['--account', 'bank', '--business', 'NV-BANK-KYC'];
        const asks = [
            [['--fields', 'full_name'], kycAsk(person, { fields: ['full_name'] })],
            [['--fields', 'religion'], kycAsk(person, { fields: ['religion'] })],
            [['--fields', 'full_name', '--case', ' '],
                kycAsk(person, { fields: ['full_name'], case: ' ' })],
            [['--fields', 'full_name', '--copy', day(1)],
                kycAsk(person, { fields: ['full_name'], use: { copy: day(1) } })],
        ];
        for (const [args, ask] of asks) {
            const told = await explain(...account, ...args);
            const answer = await asked(ask);
            assert.equal(told.decision.code, answer.json.code ?? 'disclosed');
            const first = told.checks.find(({ said }) => said !== 'passes');
            assert.equal(told.decision.rule, first?.rule ?? 'permitted');
            assert.equal(told.policy, JSON.parse(answer.json.receipt.entry).policy);
        }
        const locked = await explain(...account, '--fields', 'full_name', '--protected');
        assert.equal(locked.decision.rule, 'protected');
    });

    test('tells of the files of a folder what the law lets a class do', async () => {
        const told = await explain(path.join(root, 'policy'), '--class', 'other', '--channel', 'guided');
        assert.equal(told.decision.code, 'channel_not_open');
        assert.match(told.decision.clause, /F4/);
        const hours = await explain(path.join(root, 'policy'), '--population', 'sex=1', '--sex', '2',
            '--at', '2026-11-23T08');
        assert.equal(hours.decision.rule, 'population');
        for (const args of [['--class', 'clergy'], ['--population', 'sex'], ['--at', 'noon']]) {
            assert.equal((await demo.dancu(['policy', 'explain', path.join(root, 'policy'), ...args]))
                .status, 2, args.join(' '));
        }
    });
});

const folder = (name) => path.join(demo.dir, name);

// The law as it is, to take effect on another day.
async function dated(name, effective) {
    cpSync(path.join(root, 'policy'), folder(name), { recursive: true });
    const file = path.join(folder(name), 'circular-2021.yaml');
    writeFileSync(file, readFileSync(file, 'utf8')
        .replace(/^effective_from: .*/m, `effective_from: ${effective}`));
    const fields = path.join(folder(name), 'fields.yaml'); // whose catalogue ended in 2024
    writeFileSync(fields, readFileSync(fields, 'utf8')
        .replace('until: 2024-06-30', 'until: 2034-06-30')
        .replace('from: 2024-07-01', 'from: 2034-07-01'));
    const { stdout } = await run('sh', ['-c', 'LC_ALL=C sha256sum *.yaml | sha256sum'],
        { cwd: folder(name) });
    return stdout.slice(0, 64);
}

describe('a policy', () => {
    test('that is proposed, or published for tomorrow, is on file and not in force', async () => {
        const inForce = async () =>
            JSON.parse((await asked(kycAsk(person))).json.receipt.entry).policy;
        const before = await inForce();
        const next = await dated('policy-tomorrow', day(1));
        const unknown = await demo.dancu(['policy', 'show', '--policy', next, '--json']);
        assert.equal(unknown.status, 1);
        await demo.act('policy', 'propose', folder('policy-tomorrow'));
        const shown = await demo.dancu(['policy', 'show', '--policy', next, '--json']);
        assert.equal(shown.status, 0, shown.stderr);
        assert.ok(shown.stdout.includes(next));
        await demo.act('policy', 'publish', folder('policy-tomorrow'));
        assert.equal(await inForce(), before);
        await server.stop();
        server = await serve(demo);
        assert.equal(await inForce(), before);
        const twice = await demo.dancu(['policy', 'publish', folder('policy-tomorrow')]);
        assert.equal(twice.status, 1);
        assert.match(twice.stderr, /published already/);
        const told = await explain('--account', 'bank', '--business', 'NV-BANK-KYC', '--policy', next);
        assert.equal(told.policy, next);
    });
});

// From here on the home has officers: nothing is done by hand any more.
describe('over the desk', () => {
    const clients = {};
    let signers;
    let insurer;

    before(async () => {
        signers = await makeOfficers(demo);
        insurer = accountOf(demo, 'insurer');
        for (const [name, signer] of Object.entries({ ...signers, insurer })) {
            clients[name] = new Http2Client({ port: server.port + 2, ca: demo.ca, ...signer.client });
        }
    });
    after(() => Promise.all(Object.values(clients).map((client) => client.close())));

    const bring = (signer, name, jws) => clients[name].request({ method: 'POST', path: '/v1/acts',
        body: jws, headers: { 'content-type': 'application/jose' } });
    const act = (signer, ...args) => bring(signer, signer.code, signer.act(...args));
    const see = async (name, address) => (await clients[name].get(address)).json;

    // By LAN, approved by MINH where it takes two.
    async function both(name, values) {
        const jws = signers.LAN.act(name, values);
        const first = await bring(signers.LAN, 'LAN', jws);
        if (first.status !== 202) {
            return first;
        }
        return act(signers.MINH, 'proposal.approve', { code: proposalOf(jws) });
    }

    test('an organisation drafts its business, officers grant it, and all its moves are shown',
        async () => {
            const code = 'T-DESK';
            const registration = { purpose: 'Bồi thường', 'legal-basis': 'Luật KDBH',
                services: 'citizen.lookup', channels: 'guided', fields: 'full_name',
                'quota-day': '10', 'quota-total': '20' };
            const draft = await act(insurer, 'business.draft',
                { code, party: 'insurer', ...registration });
            assert.equal(draft.status, 200, draft.text);
            assert.equal((await act(insurer, 'business.submit', { code })).status, 200);
            verifyProblem(await act(insurer, 'business.grant', { code }), 403, 'not_yours');
            const granted = await both('business.grant', { code, reason: 'Đủ điều kiện', clause: 'P3' });
            assert.equal(granted.status, 200, granted.text);
            const shown = await see('insurer', `/v1/businesses/${code}`);
            assert.equal(shown.quota_total, 20);
            assert.deepEqual(shown.history.map(({ state, version }) => [state, version]),
                [['draft', 1], ['submitted', 2], ['granted', 3]]);
            const last = shown.history[2];
            assert.equal(last.agent.officer, 'MINH');
            assert.equal(last.reason, 'Đủ điều kiện');
            assert.equal(last.clause, 'P3');
            assert.equal(last.record, granted.json.record);
        });

    test('a move that the table does not allow, or on another version, has its code and changes nothing',
        async () => {
            const before = await see('LAN', '/v1/businesses/T-DESK');
            verifyProblem(await both('business.refuse', { code: 'T-DESK', reason: 'x' }), 409,
                'state_conflict');
            const stale = await act(signers.LAN, 'business.suspend', { code: 'T-DESK', reason: 'x' },
                { if_match: '"1"' });
            verifyProblem(stale, 412, 'stale_etag');
            assert.deepEqual(await see('LAN', '/v1/businesses/T-DESK'), before);
        });

    test('a permit takes two officers, is its holder\'s to see, and ends by the holder\'s statement',
        async () => {
            const values = { code: 'GP-DESK', business: 'T-DESK', kind: 'copy', fields: 'full_name',
                until: day(30), reason: 'CV 05' };
            const granted = await both('permit.grant', values);
            assert.equal(granted.status, 200, granted.text);
            const shown = await see('insurer', '/v1/permits/GP-DESK');
            assert.deepEqual(shown, { business: 'T-DESK', code: 'GP-DESK', fields: ['full_name'],
                kind: 'copy', reason: 'CV 05', state: 'in_force', until: day(30), version: 1 });
            assert.deepEqual((await see('insurer', '/v1/permits')).items, [shown]);
            const statement = 'cd'.repeat(32);
            const ended = await act(insurer, 'permit.deletion', { code: 'GP-DESK', statement });
            assert.equal(ended.status, 200, ended.text);
            const after = await see('LAN', '/v1/permits/GP-DESK');
            assert.equal(after.state, 'ended');
            assert.equal(after.statement, statement);
            verifyProblem(await act(signers.LAN, 'permit.withdraw', { code: 'GP-DESK', reason: 'x' }),
                409, 'state_conflict');
        });

    test('a policy is put on file by one officer, published by two, and shown with its day',
        async () => {
            const hash = await dated('policy-desk', day(2));
            const sign = (name) => demo.dancu(['policy', name, folder('policy-desk'), '--as', 'LAN',
                '--sign-key', path.join(demo.dir, 'officers', 'LAN.pem')]);
            const proposed = await bring(signers.LAN, 'LAN', (await sign('propose')).stdout.trim());
            assert.equal(proposed.status, 200, proposed.text);
            assert.equal(proposed.json.object, hash);
            const on = await see('MINH', `/v1/policies/${hash}`);
            assert.deepEqual([on.state, on.from, on.effective_from], ['proposed', undefined, day(2)]);
            const jws = (await sign('publish')).stdout.trim();
            assert.equal((await bring(signers.LAN, 'LAN', jws)).status, 202);
            verifyProblem(await act(signers.LAN, 'proposal.approve', { code: proposalOf(jws) }), 403,
                'role_missing');
            const done = await act(signers.MINH, 'proposal.approve', { code: proposalOf(jws) });
            assert.equal(done.status, 200, done.text);
            const ahead = await see('MINH', `/v1/policies/${hash}`);
            assert.deepEqual(ahead, { ...on, from: day(2), record: done.json.record,
                state: 'published', version: 2 });
            assert.ok((await see('LAN', '/v1/policies')).items.length >= 2);
            const asked = `/v1/explain?account=insurer&business=T-DESK&case=H%E1%BB%93+s%C6%A1%201`;
            const [now, then] = [await see('LAN', asked), await see('LAN', `${asked}&policy=${hash}`)];
            assert.equal(now.decision.code, 'disclosed');
            assert.equal(then.policy, hash);
            assert.notEqual(now.policy, hash);
            const off = await clients.LAN.get(`${asked}&at=noon`);
            verifyProblem(off, 400, 'bad_request');
            assert.deepEqual(off.json.invalid_params.map(({ name }) => name), ['at']);
            assert.equal((await clients.insurer.get(asked)).status, 404);
            assert.equal((await clients.insurer.get(`/v1/policies/${hash}`)).status, 404);
        });
});
