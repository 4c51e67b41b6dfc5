// A leak is traced: an auditor orders the search by a signed act, the true source is among what is
// found, each with a proof, and nobody else sees it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyProblem } from './lib/answer.mjs';
import { KYC_FIELDS, kycAsk, residenceAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { leakedBytes, order, trace, verifyItem } from './lib/leaks.mjs';
import { readProof } from './lib/note.mjs';
import { makeOfficers } from './lib/officers.mjs';
import { day } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let signers;
let auditor;
let other;
let security;
let people;
let answers; // of the asks, in their order

const indexOf = (answer) => readProof(answer.json.receipt.proof).index;

before(async () => {
    demo = await demonstration('leak');
    signers = await makeOfficers(demo);
    server = await serve(demo);
    const client = (signer) => new Http2Client({ port: server.port + 2, ca: demo.ca,
        ...signer.client });
    auditor = client(signers.HOA);
    other = client(signers.LAN);
    security = other; // LAN has the role, and is no auditor
    people = demo.samples().filter((one) => one.permanent_residence?.province === '79').slice(0, 3);
    const bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const hcm = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });
    answers = [
        await bank.lookup(kycAsk(people[0])),
        await bank.lookup(kycAsk(people[0], { fields: ['full_name', 'sex'] })),
        await hcm.lookup(residenceAsk(people[0])),
        await bank.lookup(kycAsk(people[1])),
        await bank.lookup(kycAsk({ ...people[0], birth_date: '1900-01-01' })),
    ];
    assert.deepEqual(answers.map((one) => one.status), [200, 200, 200, 200, 404]);
    await Promise.all([bank.close(), hcm.close()]);
});
after(async () => {
    await Promise.all([auditor?.close(), other?.close()]);
    await server?.stop();
    demo?.remove();
});

test('the disclosures that had all the leaked values are found, each with its proof', async () => {
    const { full_name: name, birth_date: born, permanent_residence: home } = answers[0].json.person;
    const found = await trace(auditor, signers.HOA, { id: people[0].id, full_name: name,
        birth_date: born, permanent_residence: home });
    assert.equal(found.state, 'done', found.why);
    assert.deepEqual([found.persons, found.versions, found.found, found.shown], [1, 1, 2, 2]);
    assert.deepEqual(found.items.map((one) => one.index), [indexOf(answers[0]), indexOf(answers[2])]);
    const [first, second] = found.items.map((item) => verifyItem(item, demo.vkey));
    assert.equal(first.party, 'bank');
    assert.deepEqual(Object.keys(first).sort(), ['agent', 'ask', 'business', 'case', 'party', 'trace']);
    assert.ok(!JSON.stringify(found.items).includes(people[0].id));
    assert.deepEqual([...found.items[0].fields].sort(), [...KYC_FIELDS].sort());
    assert.equal(second.business, 'NV-HCM-RESIDENCE');
    assert.equal(second.trace.rule, 'permitted');
});

test('without a number the person is found by the values, as names are compared', async () => {
    const { full_name: name, birth_date: born } = answers[3].json.person;
    const found = await trace(auditor, signers.HOA,
        { full_name: name.toUpperCase().normalize('NFD'), birth_date: born });
    assert.equal(found.state, 'done', found.why);
    assert.ok(found.items.some((one) => one.index === indexOf(answers[3])));
});

test('a value that only one of two businesses got leads to that one', async () => {
    const { marital_status: status } = answers[2].json.person;
    const found = await trace(auditor, signers.HOA, { id: people[0].id, marital_status: status });
    assert.deepEqual(found.items.map((one) => one.index), [indexOf(answers[2])]);
});

test('what nobody disclosed finds nothing, and what is no leak fails and says why', async () => {
    const none = await trace(auditor, signers.HOA, { id: people[2].id, sex: people[2].sex });
    assert.deepEqual([none.state, none.persons, none.found, none.items], ['done', 1, 0, []]);
    const failed = await trace(auditor, signers.HOA, { shoe: '42' });
    assert.deepEqual([failed.state, failed.found, failed.items], ['failed', 0, []]);
    assert.match(failed.why, /a member that no person has/);
});

test('the same signed act again is the same record, and is not searched again', async () => {
    const found = await trace(auditor, signers.HOA, { id: people[1].id, sex: people[1].sex });
    const again = await auditor.request({ method: 'POST', path: '/v1/acts', body: found.jws,
        headers: { 'content-type': 'application/jose' } });
    assert.equal(again.json.record, found.record);
    assert.equal((await auditor.get(`/v1/records/${found.record}`)).json.state, 'done');
});

test('who is no auditor can neither order a search nor see what one found', async () => {
    const refused = await other.request({ method: 'POST', path: '/v1/acts',
        body: signers.LAN.act('leak.trace', { leaked: leakedBytes({ sex: '1' }), reason: 'x' }),
        headers: { 'content-type': 'application/jose' } });
    verifyProblem(refused, 403, 'role_missing');
    const { json } = await auditor.get('/v1/records');
    assert.ok(json.items.length >= 5);
    assert.ok(json.items.every((one) => one.items === undefined));
    verifyProblem(await other.get(`/v1/records/${json.items[0].record}`), 404, 'not_found');
    verifyProblem(await other.get('/v1/records'), 404, 'not_found');
    verifyProblem(await auditor.get('/v1/records/999999999'), 404, 'not_found');
});

test('`dancu leak trace` and `dancu record found` do the same', async () => {
    const file = path.join(demo.dir, 'leaked.json');
    writeFileSync(file, JSON.stringify({ id: people[0].id, sex: people[0].sex }));
    const { client } = signers.HOA;
    const desk = ['--desk', `localhost:${server.port + 2}`, '--tls-cert', client.certPath,
        '--tls-key', client.keyPath, '--tls-ca', path.join(demo.dir, 'ca.pem')];
    const ordered = await demo.dancu(['leak', 'trace', file, '--reason', 'Kiểm tra', '--as', 'HOA',
        '--sign-key', path.join(demo.dir, 'officers/HOA.pem'), ...desk]);
    assert.equal(ordered.status, 0, ordered.stderr);
    const { record } = JSON.parse(ordered.stdout);
    let found;
    do {
        const { status, stdout, stderr } = await demo.dancu(['record', 'found', String(record),
            ...desk]);
        assert.equal(status, 0, stderr);
        found = JSON.parse(stdout);
    } while (found.state !== 'done');
    assert.equal(found.found, 3);
    assert.equal((await demo.dancu(['record', 'found', 'x', ...desk])).status, 2);
    assert.equal((await demo.dancu(['leak', 'trace', '/nonexistent', '--reason', 'x', '--as', 'HOA',
        '--sign-key', path.join(demo.dir, 'officers/HOA.pem'), ...desk])).status, 1);
});

test('records are searched by criteria, a page after the other, each page an act', async () => {
    const first = await order(auditor, signers.HOA, 'record.search',
        { reason: 'Thanh tra', account: 'bank', kind: 'disclosure' });
    assert.deepEqual([first.state, first.found], ['done', 3]);
    first.items.forEach((item) => assert.equal(verifyItem(item, demo.vkey).agent.account, 'bank'));
    const next = await order(auditor, signers.HOA, 'record.search', { reason: 'Thanh tra',
        account: 'bank', kind: 'disclosure', after: String(first.items[0].index) });
    assert.deepEqual(next.items, first.items.slice(1));
    const own = await order(auditor, signers.HOA, 'record.search',
        { reason: 'Thanh tra', officer: 'HOA', kind: 'act' });
    assert.ok(own.found >= 5);
    const [opened] = own.items.map((item) => verifyItem(item, demo.vkey));
    assert.equal(opened.request.act, 'leak.trace');
    const person = await order(auditor, signers.HOA, 'record.search',
        { reason: 'Thanh tra', person: people[0].id });
    assert.equal(person.found, 4); // the one that was refused too
});

test('an incident stops the account, counts people and fields, and runs for 72 hours', async () => {
    const values = { code: 'SC-1', account: 'bank', from: day(-1), until: day(1),
        reason: 'Thẻ bị mất' };
    const opened = await order(security, signers.LAN, 'incident.open', values, { reader: auditor });
    assert.deepEqual([opened.state, opened.found, opened.persons], ['done', 3, 2]);
    const { incident } = opened;
    assert.equal(incident.account, 'bank');
    assert.equal(incident.fields.full_name, 3);
    assert.equal(incident.fields.birth_date, 2);
    assert.equal(Date.parse(incident.due) - Date.parse(incident.opened), 72 * 3_600_000);
    assert.match(incident.drafts.authority, /3 lượt thông tin của 2 công dân/);
    assert.ok(!JSON.stringify(opened).includes(people[0].id));
    assert.equal((await auditor.get('/v1/accounts/bank')).json.state, 'suspended');
    const bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const { json } = await bank.lookup(kycAsk(people[0]));
    assert.equal(json.code, 'account_blocked');
    await bank.close();
});

test('what has leaked stands sealed in the record and nowhere else', async () => {
    const marker = people[0].id;
    const { stdout } = await demo.dancu(['ledger', 'show', '--last', '50']);
    assert.ok(!stdout.includes(marker));
    assert.match(stdout, /"outcome":"leak\.trace"/);
    assert.ok(!readFileSync(path.join(demo.home, 'office.db')).includes(marker));
});
