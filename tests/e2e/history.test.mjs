// A citizen sees who has seen him: everything, at once, with proof, and over restarts and lost files;
// nobody else's, and nothing of what is sealed.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyProblem, verifyReceipt } from './lib/answer.mjs';
import { kycAsk, subjectOf, unknownId } from './lib/asks.mjs';
import { Http1Client, Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { addPortal, askHistory, verifyRow, wholeHistory } from './lib/history.mjs';
import { addBusiness, addParty, day } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let key;
let person;
let another;
let asker;

const connect = (name, Kind = Http2Client) =>
    new Kind({ port: server.port, ca: demo.ca, ...demo.client(name) });

async function start() {
    server = await serve(demo);
    asker = { demo, key, client: connect('portal') };
}
async function stop() {
    await asker?.client.close();
    await server?.stop();
}

async function lookup(name, ask) {
    const client = connect(name);
    try {
        return await client.post('/v1/lookup', Buffer.from(JSON.stringify(ask)));
    } finally {
        await client.close();
    }
}

before(async () => {
    demo = await demonstration('history');
    [person, another] = demo.samples();
    key = await addPortal(demo);
    await addParty(demo, 'sealed');
    await addBusiness(demo, 'T-SEALED', 'sealed', { args: ['--sealed-until', day(3)] });
    await start();
});
after(async () => {
    await stop();
    demo?.remove();
});

const told = async (rows) => {
    const answer = await askHistory(asker, person, rows);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.result;
};

test('a look is there in the same second, in words that name no officer and no value', async () => {
    assert.deepEqual((await told()).rows, []);
    const seen = await lookup('bank', kycAsk(person, { case: 'HS-2026-000123' }));
    assert.equal(seen.status, 200, seen.text);
    const wrong = await lookup('bank', kycAsk(person, { subject: { ...subjectOf(person), name: 'X' } }));
    assert.equal(wrong.status, 404);
    await lookup('bank', kycAsk(another));
    const answer = await askHistory(asker, person);
    const [newest, first, own] = answer.json.result.rows;
    assert.deepEqual([newest.kind, newest.result], ['unavailable', 'subject_not_available']);
    assert.deepEqual([own.service, own.role, own.party.code], ['own.history', 'citizen', 'people']);
    const { row, time, business, party, ...rest } = first;
    assert.deepEqual(rest, { as: 'asked', case: 'HS-2…', channel: 'guided', class: 'organisation',
        fields: kycAsk(person).fields, kind: 'disclosure', operator: null, result: 'disclosed',
        role: 'system', service: 'citizen.lookup' });
    assert.match(row, /^[0-9a-f]{16}$/);
    assert.ok(Date.now() - Date.parse(time) < 5000);
    assert.deepEqual(Object.keys(business), ['basis', 'code', 'purpose']);
    assert.equal(business.code, 'NV-BANK-KYC');
    assert.notEqual(party.name, null);
    assert.equal(answer.json.result.count, 3);
    for (const value of [person.id, person.full_name]) {
        assert.ok(!JSON.stringify(answer.json.result).includes(value));
    }
    const { entry } = verifyReceipt(answer.json, demo.vkey);
    assert.deepEqual([entry.class, entry.service, entry.outcome], ['citizen', 'own.history', 'disclosed']);
});

test('every row opens its proof, and the request only where nobody else can stand in it', async () => {
    const rows = await wholeHistory(asker, person, { limit: 2 });
    assert.ok(rows.length >= 4);
    const people = new Set();
    for (const row of rows) {
        const proved = await told({ row: row.row });
        assert.deepEqual(proved.row, row);
        const { opened, person: whose } = verifyRow(proved, demo.vkey);
        people.add(whose);
        assert.equal('request' in opened, row.result === 'disclosed');
        const forged = structuredClone(proved);
        forged.proof.opening[0] = proved.proof.opening[1];
        assert.throws(() => verifyRow(forged, demo.vkey));
    }
    assert.equal(people.size, 1);
});

test('who names another is refused with nobody read, and another\'s row is nobody\'s', async () => {
    for (const about of [another, { ...another, id: unknownId(7) }]) {
        const answer = await askHistory(asker, person, undefined, { about });
        verifyProblem(answer, 403, 'own_data_only', { vkey: demo.vkey, receipt: true });
    }
    const theirs = await askHistory(asker, another);
    const other = theirs.json.result.rows[0].row;
    const nothing = { proof: null, row: null };
    assert.deepEqual(await told({ row: other }), nothing);
    assert.deepEqual(await told({ row: 'ffffffffffffffff' }), nothing);
    for (const rows of [{ limit: 0 }, { limit: 21 }, { row: 'x' }, { row: other, limit: 1 },
        { from: '2026-02-30' }, { channel: 'fax' }, { unknown: 1 }, { limit: '5' }]) {
        verifyProblem(await askHistory(asker, person, rows), 400, 'bad_request');
    }
});

test('a sealed look is not there: not as a row, not in the count, not by its place', async () => {
    const before = (await told()).count;
    const seen = await lookup('sealed', kycAsk(person, { business: 'T-SEALED' }));
    assert.equal(seen.status, 200, seen.text);
    const { index } = verifyReceipt(seen.json, demo.vkey);
    const now = await told();
    assert.equal(now.count, before + 1); // the look of before
    assert.ok(now.rows.every((row) => row.party.code !== 'sealed'));
    for (const offset of [0, 3]) {
        const place = BigInt(Math.floor((Date.now() + 7 * 3_600_000) / 86_400_000) + offset);
        const row = ((place << 40n) | BigInt(index)).toString(16).padStart(16, '0');
        assert.deepEqual(await told({ row }), { proof: null, row: null });
    }
});

test('rows are chosen by party, channel, service and day', async () => {
    const counts = async (wish) => (await wholeHistory(asker, person, wish)).length;
    assert.equal(await counts({ party: 'bank' }), 2);
    assert.equal(await counts({ party: 'nobody' }), 0);
    assert.equal(await counts({ service: 'citizen.lookup' }), 2);
    assert.equal(await counts({ channel: 'guided', from: day(), until: day() }), 2);
    assert.equal(await counts({ until: day(-1) }), 0);
});

test('it is the same after a kill, a restart, and without anything that was derived', async () => {
    const shown = async () => (await wholeHistory(asker, person, { party: 'bank' }));
    const rows = await shown();
    process.kill((await server.process('core')).pid, 'SIGKILL');
    let answer;
    do {
        answer = await askHistory(asker, person, { limit: 1 });
    } while (answer.status === 503);
    assert.deepEqual(await shown(), rows);
    await stop();
    rmSync(path.join(demo.home, 'derived'), { recursive: true });
    await start();
    assert.deepEqual(await shown(), rows);
    const client = connect('portal', Http1Client);
    assert.equal((await askHistory({ ...asker, client }, person)).status, 200);
    await client.close();
});
