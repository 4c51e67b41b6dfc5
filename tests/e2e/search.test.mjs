// citizen.search: who is found, who is not, and what is told of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyReceipt } from './lib/answer.mjs';
import { Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { expectedOf, fold, FORMS, givenOf } from './lib/namesakes.mjs';
import { grantSearch, SEARCH } from './lib/search.mjs';
import { serve } from './lib/server.mjs';

const PEOPLE = 25;
let demo;
let server;
let client;
const everybody = []; // as the reader has them
const byKey = new Map();

const keyOf = (person) => `${fold(person.name)}|${person.birth.slice(0, 4)}`;

before(async () => {
    demo = await demonstration('search');
    for await (const line of demo.people()) {
        const { province = null, list = null } = line.permanent_residence ?? {};
        const person = { id: line.id, name: line.full_name, birth: line.birth_date, sex: line.sex,
            hidden: line.protected, province, list };
        everybody.push(person);
        byKey.set(keyOf(person), [...(byKey.get(keyOf(person)) ?? []), person]);
    }
    await grantSearch(demo);
    server = await serve(demo);
    client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });
});
after(async () => {
    await client?.close();
    await server?.stop();
    demo?.remove();
});

const search = (subject, headers) => client.post('/v1/search',
    { business: SEARCH, case: 'HS-1', subject }, headers);

test('each spelling finds whom the reader finds, and nobody else', async () => {
    const step = Math.floor(everybody.length / PEOPLE);
    const people = everybody.filter((person, i) => i % step === 7 && !person.hidden &&
        person.province !== null && person.sex !== null);
    for (const [form, put] of Object.entries(FORMS)) {
        for (const person of people) {
            const [subject, fits] = put(person);
            assert.equal(givenOf(await search(subject)), expectedOf(byKey.get(keyOf(person)), fits),
                `${form}: ${JSON.stringify(subject)}`);
        }
    }
});

test('a hit is the limited view, and the receipt is good', async () => {
    const person = everybody.find((one) => !one.hidden && byKey.get(keyOf(one)).length === 1);
    const { status, json } = await search({ name: person.name, birth_date: person.birth });
    assert.equal(status, 200);
    assert.equal(json.result.hits.length, 1);
    const [hit] = json.result.hits;
    assert.equal(hit.id, person.id);
    assert.deepEqual(Object.keys(hit.person),
        ['birth_date', 'full_name', 'native_place', 'permanent_residence', 'sex']);
    assert.equal(hit.person.full_name, person.name);
    verifyReceipt(json, demo.vkey);
});

test('one more than ten is nobody, recorded, and told by its code', async () => {
    const [, many] = [...byKey].find(([, list]) =>
        list.filter(({ hidden }) => !hidden).length > 10);
    const { status, json } = await search({ name: many[0].name,
        birth_date: many[0].birth.slice(0, 4) });
    assert.equal(status, 422);
    assert.equal(json.code, 'too_many_hits');
    assert.equal(JSON.parse(json.receipt.entry).outcome, 'too_many_hits');
    assert.equal(JSON.parse(json.receipt.entry).kind, 'refusal');
    assert.equal(json.result, undefined);
});

test('who is protected is not there: alone, and among namesakes', async () => {
    const hidden = everybody.filter((person) => person.hidden).slice(0, 20);
    for (const person of hidden) {
        const fits = (other) => other.birth === person.birth;
        const answer = await search({ name: person.name, birth_date: person.birth });
        assert.equal(givenOf(answer), expectedOf(byKey.get(keyOf(person)), fits));
        assert.ok(!answer.text.includes(person.id));
    }
});

test('a protected person, nobody and too wide a question leave the same entry but for the code',
    async () => {
        const person = everybody.find((one) => one.hidden && byKey.get(keyOf(one)).length === 1);
        const shape = ({ json }) => {
            const { _sd: digests, t, ...rest } = JSON.parse(json.receipt.entry);
            return JSON.stringify({ ...rest, digests: digests.length, t: t.length });
        };
        const alone = await search({ name: person.name, birth_date: person.birth });
        const nobody = await search({ name: 'Không Có Ai', birth_date: '1950-01-01' });
        assert.equal(shape(alone), shape(nobody));
        assert.equal(alone.json.detail, nobody.json.detail);
    });

test('a repeat of a search is the same answer, and no other record', async () => {
    const [, list] = [...byKey].find(([, all]) => all.length > 2 && all.length < 8 &&
        all.every(({ hidden }) => !hidden));
    const subject = { name: list[0].name, birth_date: list[0].birth.slice(0, 4) };
    const headers = { 'idempotency-key': 'search-again' };
    const first = await search(subject, headers);
    const again = await search(subject, headers);
    assert.equal(first.json.result.hits.length, list.length);
    assert.equal(again.text, first.text);
    const other = await search({ ...subject, sex: '1' }, headers);
    assert.equal(other.json.code, 'idempotency_conflict');
});

test('a class that may not search is refused, whoever it names', async () => {
    const bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const { status, json } = await bank.post('/v1/search', { business: 'NV-BANK-KYC', case: 'HS-1',
        subject: { name: everybody[0].name, birth_date: everybody[0].birth } });
    assert.equal(status, 403);
    assert.equal(json.code, 'service_not_open');
    await bank.close();
});

test('fields, a number, a wildcard or a half date are no search', async () => {
    const { name, birth } = everybody[0];
    for (const [body, at] of [
        [{ fields: ['sex'], subject: { name, birth_date: birth } }, '/fields'],
        [{ subject: { name, birth_date: birth, id: everybody[0].id } }, '/subject/id'],
        [{ subject: { name, birth_date: birth.slice(0, 7) } }, '/subject/birth_date'],
        [{ subject: { name, birth_date: birth, sex: '3' } }, '/subject/sex'],
        [{ subject: { name, birth_date: birth, province: '79' } }, '/subject/province'],
    ]) {
        const { status, json } = await client.off.post('/v1/search',
            { business: SEARCH, case: 'HS-1', ...body });
        assert.equal(status, 400, JSON.stringify(body));
        assert.deepEqual(json.invalid_params.map((fault) => fault.name), [at]);
    }
    assert.equal((await search({ name: 'Nguyễn*', birth_date: '1990' })).status, 404);
});
