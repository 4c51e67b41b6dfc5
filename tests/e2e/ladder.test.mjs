// No ladder (I5): whoever asks cannot tell why a person is not available. Here only the form of
// answers and entries; `tests/e2e/timing` measures the time.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyProblem } from './lib/answer.mjs';
import { protocols } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { ADDRESSES } from './lib/law.mjs';
import { ladderAsk, population, REASONS, subjectFor } from './lib/ladder.mjs';
import { serve } from './lib/server.mjs';

const EACH = 8;
let demo;
let server;
let people;

before(async () => {
    demo = await demonstration('ladder');
    people = await population(demo);
    server = await serve(demo);
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

// Asks whose names have the same number of bytes, so that every length can be compared.
function alike(reason, nameBytes, count) {
    const asks = [];
    for (let i = 0; asks.length < count; i++) {
        assert.ok(i < 900, `enough people for ${reason}`);
        const subject = subjectFor(reason, i, people);
        if (Buffer.byteLength(subject.name) === nameBytes) {
            asks.push(ladderAsk(reason, i, people));
        }
    }
    return asks;
}

// A header as it is compared: the time by its length, the quota without what is left of it and of
// the day, which every ask changes alike (below).
function header([name, value]) {
    if (name === 'date') {
        return [name, value.length];
    }
    return [name, name === 'ratelimit' ? value.replace(/;r=\d+;t=\d+$/, '') : value];
}

const quotaLeft = (answer) => Number(/;r=(\d+)/.exec(answer.headers.ratelimit)[1]);

// What of an answer can be seen without its secrets: every member, every length, every fixed text.
function form(answer, verified) {
    const { body, entry, opened } = verified;
    return {
        status: answer.status,
        headers: Object.entries(answer.headers).filter(([name]) => name !== 'content-length')
            .map(header),
        members: Object.keys(body),
        texts: [body.type, body.title, body.detail, body.code, body.clause],
        openings: body.opening.map((text) => text.length),
        openedAs: Object.keys(opened),
        told: { ...opened, ask: Object.keys(opened.ask), request: Object.keys(opened.request) },
        entry: { ...entry, _sd: entry._sd.length, t: entry.t.length },
        entryBytes: body.receipt.entry.length,
    };
}

for (const kind of protocols) {
    test(`unknown, mismatched, protected and outside are one answer in form, over ${kind.label}`,
        async () => {
            const client = new kind({
                port: server.port, ca: demo.ca, ...demo.client('hcm-onestop'),
            });
            const nameBytes = Buffer.byteLength(people.available[0].full_name);
            const forms = [];
            const left = [];
            for (const reason of REASONS) {
                for (const ask of alike(reason, nameBytes, EACH)) {
                    const answer = await client.lookup(ask);
                    const verified = verifyProblem(answer, 404, 'subject_not_available',
                        { vkey: demo.vkey, receipt: true });
                    assert.deepEqual(verified.opened.request.asked, ask.subject);
                    forms.push([reason, form(answer, verified)]);
                    left.push(quotaLeft(answer));
                }
            }
            for (const [reason, found] of forms) {
                assert.deepEqual(found, forms[0][1], reason);
            }
            assert.deepEqual(left, left.map((_, i) => left[0] - i), 'each costs one unit');
            await client.close();
        });
}

test('nor can they be told apart by a service beside the look-up', async () => {
    const client = new protocols[0]({ port: server.port, ca: demo.ca,
        ...demo.client('hcm-onestop') });
    const nameBytes = Buffer.byteLength(people.available[0].full_name);
    for (const [service, fields] of [['household.lookup', ['household', 'full_name']],
        ['notice.extract', ['full_name', 'sex']]]) {
        const forms = [];
        for (const reason of REASONS) {
            for (const ask of alike(reason, nameBytes, 2)) {
                const answer = await client.post(ADDRESSES[service], { ...ask, fields });
                forms.push([reason, form(answer, verifyProblem(answer, 404, 'subject_not_available',
                    { vkey: demo.vkey, receipt: true }))]);
            }
        }
        for (const [reason, found] of forms) {
            assert.deepEqual(found, forms[0][1], `${service}: ${reason}`);
            assert.equal(found.entry.service, service);
        }
    }
    await client.close();
});

test('those asked about are there: their own data is answered to who may have it', async () => {
    const client = new protocols[0]({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const outside = subjectFor('outside', 0, people);
    const answer = await client.lookup({
        business: 'NV-BANK-KYC', case: 'x', subject: outside, fields: ['full_name'],
    });
    assert.equal(answer.json.person?.full_name, outside.name, answer.text);
    const shielded = await client.lookup({
        business: 'NV-BANK-KYC', case: 'x', subject: subjectFor('protected', 0, people),
        fields: ['full_name'],
    });
    assert.equal(shielded.json.code, 'subject_not_available');
    await client.close();
});

test('the public log shows each of them as the same entry but for digests and minute', async () => {
    const client = new protocols[0]({ port: server.port, ca: demo.ca,
        ...demo.client('hcm-onestop') });
    const shown = [];
    for (const reason of REASONS) {
        const answer = await client.lookup(ladderAsk(reason, 890, people));
        const { _sd, t, ...rest } = JSON.parse(answer.json.receipt.entry);
        shown.push([_sd.length, t.length, rest]);
    }
    for (const found of shown) {
        assert.deepEqual(found, shown[0]);
    }
    await client.close();
});

test('a protected member of a household is not there for others', async () => {
    const { shielded } = people;
    let seen = 0;
    const client = new protocols[0]({ port: server.port, ca: demo.ca,
        ...demo.client('hcm-onestop') });
    for (const person of people.available) {
        const members = person.household?.members ?? [];
        if (!members.some((member) => shielded.has(member.id)) || seen >= 20) {
            continue;
        }
        seen++;
        const answer = await client.lookup({
            business: 'NV-HCM-RESIDENCE', case: 'x', fields: ['household'],
            subject: { id: person.id, name: person.full_name, birth_date: person.birth_date },
        });
        assert.equal(answer.status, 200, answer.text);
        const told = answer.json.person.household.members;
        assert.deepEqual(told, members.filter((member) => !shielded.has(member.id)));
    }
    assert.ok(seen > 0, 'there is such a household');
    await client.close();
});
