// The services beside the look-up: each from the ask to what a stranger can verify about its answer; the
// policy once more over the wire, against a reading of the law that shares no code with it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pointers, verifyAnswer, verifyProblem } from './lib/answer.mjs';
import { granted, kycAsk, subjectOf } from './lib/asks.mjs';
import { Http2Client, protocols } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { ADDRESSES } from './lib/law.mjs';
import { runOracle } from './lib/oracle.mjs';
import { addBusiness } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const ORACLE_ASKS = 600; // more by tests/e2e/oracle
let demo;
let server;
let samples;
let bank;
let hcm;
const asBank = { party: 'bank', account: 'bank' };
const asHcm = { party: 'hcm-onestop', account: 'hcm-onestop' };

before(async () => {
    demo = await demonstration('services');
    server = await serve(demo);
    samples = demo.samples();
    bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    hcm = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });
});
after(async () => {
    await bank?.close();
    await hcm?.close();
    await server?.stop();
    demo?.remove();
});

const verifyAsk = (person, claims, changes = {}) => ({
    business: 'NV-BANK-VERIFY', case: 'HS-1', subject: subjectOf(person), claims, ...changes,
});

async function verified(ask, service = 'citizen.verify') {
    const answer = await bank.post(ADDRESSES[service], ask);
    verifyAnswer(answer, ask, demo.vkey, asBank, service);
    return answer.json.result;
}

test('claims are verified in one answer, or one by one where the business is granted it', async () => {
    for (const person of samples.slice(0, 10)) {
        const claims = [
            { field: 'sex', value: person.sex }, { field: 'birth_date', age_at_least: 1 },
            { field: 'permanent_residence', member: 'province',
                value: person.permanent_residence.province },
        ];
        assert.deepEqual(await verified(verifyAsk(person, claims)), { verified: true });
        claims.push({ field: 'sex', value: person.sex === '1' ? '2' : '1' });
        assert.deepEqual(await verified(verifyAsk(person, claims)), { verified: false });
        assert.deepEqual(await verified(verifyAsk(person, claims, { per_claim: true })),
            { claims: [true, true, true, false] });
    }
    await addBusiness(demo, 'T-ONE-ANSWER', 'bank', { services: 'citizen.verify' });
    const ask = verifyAsk(samples[0], [{ field: 'sex', value: '1' }],
        { business: 'T-ONE-ANSWER', per_claim: true });
    verifyProblem(await bank.post('/v1/verify', ask), 403, 'per_claim_not_granted',
        { vkey: demo.vkey, receipt: true });
});

test('an age is verified without the date: what was asked and answered tells no date', async () => {
    const ask = verifyAsk(samples[0], [{ field: 'birth_date', age_at_least: 18 }]);
    const answer = await bank.post('/v1/verify', ask);
    assert.equal(typeof answer.json.result.verified, 'boolean');
    assert.deepEqual(Object.keys(answer.json.result), ['verified']);
    assert.equal('person' in answer.json, false);
});

test('a relation is verified by name in any spelling, and not for somebody else', async () => {
    const person = samples.find((one) => one.relatives?.some(({ relation }) => relation === 'father'));
    const father = person.relatives.find(({ relation }) => relation === 'father');
    const about = (name) => verifyAsk(person, [{ relation: 'father', name }]);
    assert.deepEqual(await verified(about(father.full_name.toUpperCase()), 'relative.verify'),
        { verified: true });
    assert.deepEqual(await verified(about(person.full_name), 'relative.verify'), { verified: false });
});

test('either number leads to both', async () => {
    const person = samples.find((one) => one.cmnd !== null);
    const { id, ...rest } = subjectOf(person);
    for (const subject of [subjectOf(person), { cmnd: person.cmnd, ...rest }]) {
        const ask = { business: 'NV-BANK-VERIFY', case: 'HS-1', subject };
        assert.deepEqual(await verified(ask, 'id.map'), { cmnd: person.cmnd, id: person.id });
    }
});

test('a household and the data of a notice are given as far as they are granted', async () => {
    const person = samples.find((one) => one.permanent_residence.province === '79');
    const ask = { business: 'NV-HCM-RESIDENCE', case: 'HS-1', subject: subjectOf(person),
        fields: ['household'] };
    const household = await hcm.post('/v1/household', ask);
    verifyAnswer(household, ask, demo.vkey, asHcm, 'household.lookup');
    assert.deepEqual(household.json.result, granted(person, ask.fields));
    const notice = await hcm.post('/v1/notice', { ...ask, fields: ['full_name', 'sex'] });
    verifyAnswer(notice, { ...ask, fields: ['full_name', 'sex'] }, demo.vkey, asHcm, 'notice.extract');
    assert.deepEqual(notice.json.person, granted(person, ['full_name', 'sex']));
    verifyProblem(await hcm.post('/v1/household', { ...ask, fields: ['sex'] }), 403,
        'field_not_granted', { vkey: demo.vkey, receipt: true });
});

test('who does not match gets the answer of who is not there, whatever is claimed', async () => {
    const [person] = samples;
    for (const [service, ask] of [
        ['citizen.verify', verifyAsk(person, [{ field: 'sex', value: person.sex }])],
        ['relative.verify', verifyAsk(person, [{ relation: 'father', name: 'Ai' }])],
        ['id.map', { business: 'NV-BANK-VERIFY', case: 'HS-1' }],
    ]) {
        const subject = { ...subjectOf(person), name: 'Không Ai Cả' };
        const { entry } = verifyProblem(await bank.post(ADDRESSES[service], { ...ask, subject }), 404,
            'subject_not_available', { vkey: demo.vkey, receipt: true });
        assert.equal(entry.service, service);
    }
});

test('a lost answer is given again under its key, and so is its receipt', async () => {
    const ask = verifyAsk(samples[1], [{ field: 'sex', value: samples[1].sex }]);
    const headers = { 'idempotency-key': 'services-1' };
    const first = await bank.post('/v1/verify', ask, headers);
    const second = await bank.post('/v1/verify', ask, headers);
    assert.equal(first.text, second.text);
    const other = await bank.post('/v1/verify', { ...ask, case: 'HS-2' }, headers);
    verifyProblem(other, 409, 'idempotency_conflict');
    const receipt = await bank.get(`/v1/receipts/${first.json.ask}?opening=1`);
    assert.deepEqual(receipt.json.receipt, first.json.receipt);
    assert.deepEqual(receipt.json.opening, first.json.opening);
});

test('dancu receipt verify takes a result as it takes a person, and finds one that is changed',
    async () => {
        const ask = verifyAsk(samples[2], [{ field: 'sex', value: samples[2].sex }]);
        const { json } = await bank.post('/v1/verify', ask);
        const file = path.join(demo.dir, 'result.json');
        const verify = async (body) => {
            writeFileSync(file, JSON.stringify(body));
            return demo.dancu(['receipt', 'verify', file, '--vkey', demo.vkeyFile]);
        };
        const good = await verify(json);
        assert.equal(good.status, 0, good.stderr);
        assert.match(good.stdout, /answer/);
        assert.equal((await verify({ ...json, result: { verified: false } })).status, 1);
        assert.equal((await verify({ ...json, person: {} })).status, 1);
    });

for (const kind of protocols) {
    test(`all faults of the parameters are told at once, over ${kind.label}`, async () => {
        const client = new kind({ port: server.port, ca: demo.ca, ...demo.client('bank') });
        const faulty = {
            business: '', x: 1, subject: { id: '1', name: 2, birth_date: '1990' }, per_claim: 'yes',
            claims: [{ field: 'sex', value: '7' }, { field: 'birth_date', age_at_least: 18, less: '1990' },
                { relation: 'aunt', name: 'A' }, { relation: 'father' }, 5],
        };
        const answer = await client.off.post('/v1/verify', faulty);
        verifyProblem(answer, 400, 'bad_request');
        assert.deepEqual(pointers(answer).sort(), ['/business', '/claims/0', '/claims/1',
            '/claims/2/relation', '/claims/3', '/claims/4', '/per_claim', '/subject/id', '/subject/name',
            '/x']);
        const twice = await client.off.post('/v1/household',
            kycAsk(samples[0], { fields: ['sex', 'full_name', 'sex'] }));
        assert.deepEqual(pointers(twice), ['/fields/2']);
        await client.close();
    });
}

test('a member of another service is an unknown one', async () => {
    for (const [address, ask, pointer] of [
        ['/v1/lookup', kycAsk(samples[0], { claims: [] }), '/claims'],
        ['/v1/id-map', kycAsk(samples[0]), '/fields'],
        ['/v1/verify', { ...verifyAsk(samples[0], [{ field: 'sex', value: '1' }]), fields: ['sex'] },
            '/fields'],
    ]) {
        const answer = await bank.off.post(address, ask);
        verifyProblem(answer, 400, 'bad_request');
        assert.deepEqual(pointers(answer), [pointer]);
    }
});

test('every service is decided for every class as the law reads, with no difference', async (t) => {
    const { codes, differences } = await runOracle(demo, server, { count: ORACLE_ASKS });
    assert.deepEqual(differences.slice(0, 3), []);
    for (const code of ['disclosed', 'channel_not_open', 'service_not_open', 'business_not_granted',
        'field_not_granted', 'per_claim_not_granted', 'case_missing', 'own_data_only',
        'permit_missing']) {
        assert.ok(codes[code] > 0, `${code} came about`);
    }
    t.diagnostic(`${ORACLE_ASKS} asks: ${JSON.stringify(codes)}`);
});
