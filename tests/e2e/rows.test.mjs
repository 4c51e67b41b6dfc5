// Who is given with another, and whose record is changed, has a row of it: in his history, in his
// statement, and in the map that shows that the statement leaves nothing out.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { subjectOf } from './lib/asks.mjs';
import { Citizens } from './lib/citizens.mjs';
import { Http2Client } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { verifyRow } from './lib/history.mjs';
import { serve } from './lib/server.mjs';
import { verifyStatement } from './lib/statement.mjs';

const CASE = 'cua-Nguyen-Van-An';
let demo;
let citizens;
let server;
let person; // who is asked about
let member; // of his household
let me; // the member's session

// A sample in the province whose one-stop system asks, and another of its household whom nobody hides.
async function choose() {
    const samples = demo.samples().filter((one) => one.permanent_residence.province === '79');
    for await (const one of demo.people()) {
        const of = samples.find(({ id, household }) => id !== one.id &&
            household.members.some((each) => each.id === one.id));
        if (of && !one.protected && !one.locked) {
            return [of, one];
        }
    }
    throw new Error('no sample shares a household with anybody');
}

async function look(fields) {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });
    const answer = await client.lookup({ business: 'NV-HCM-RESIDENCE', case: CASE, fields,
        subject: subjectOf(person) });
    await client.close();
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

async function change(values) {
    const line = { ...member, ...values };
    const file = path.join(demo.dir, 'changed.ndjson');
    writeFileSync(file, `${JSON.stringify(line)}\n`);
    const { status, stderr } = await demo.dancu(['registry', 'import', file]);
    assert.equal(status, 0, stderr);
}

async function told(body = {}) {
    const { status, json } = await me('history', body);
    assert.equal(status, 200, JSON.stringify(json));
    return json.result;
}

async function statement() {
    const lines = [];
    for (let body = {}; body;) {
        const { status, json } = await me('statement', body);
        assert.equal(status, 200, JSON.stringify(json));
        const { lines: some, next } = json.result ?? json;
        lines.push(...some.map((line) => JSON.stringify(line)));
        body = next ? { next } : null;
    }
    return lines;
}

before(async () => {
    demo = await demonstration('rows');
    [person, member] = await choose();
    citizens = await Citizens.open(demo);
    server = await serve(demo);
    await look(['household', 'full_name']);
    await look(['full_name']); // nobody else is given
    await change({ blood_group: member.blood_group === '01' ? '02' : '01' });
    await server.stop();
    server = await serve(demo, { args: [...citizens.args, '--map-s', '3600'] });
    await citizens.ready(server);
    await until('a map is taken', () =>
        readdirSync(path.join(demo.home, 'derived')).some((name) => /^map-[0-9]/u.test(name)));
    me = await citizens.signIn(member.id);
});
after(async () => {
    await server?.stop();
    citizens?.close();
    demo?.remove();
});

test('a member of a household that was given, and changed since, has a row of each', async () => {
    const { rows } = await told();
    assert.deepEqual(rows.map((row) => [row.as, row.fields, row.result]), [
        ['changed', ['blood_group'], 'import.chunk'],
        ['named', ['household'], 'disclosed'],
    ]);
    const [changed, named] = rows;
    assert.deepEqual([changed.party, changed.service, changed.role], [null, null, 'system']);
    assert.deepEqual([named.case, named.service], [null, 'citizen.lookup']);
    for (const text of [person.id, person.full_name, CASE.slice(0, 4)]) {
        assert.ok(!JSON.stringify(rows).includes(text), `no row has ${text}`);
    }
});

test('each such row opens its proof, and nothing of whom was asked about', async () => {
    const { rows } = await told();
    for (const row of rows.filter(({ as }) => as !== 'asked')) {
        const proved = await told({ row: row.row });
        const { opened } = verifyRow(proved, demo.vkey);
        assert.equal(opened.persons.length, 16);
        assert.ok(!('request' in opened));
        assert.ok(!JSON.stringify(opened).includes(person.id));
    }
});

test('a statement has these rows, verifies, and does not with one of them left out', async () => {
    await look(['household']); // since the map
    const lines = await statement();
    const { count, rows } = verifyStatement(lines, demo.vkey);
    assert.equal(count.row, 2); // named, changed; his own looks came after the map
    assert.ok(rows.some(({ named }) => named.ask !== undefined));
    const kinds = lines.map((line) => Object.keys(JSON.parse(line))[0]);
    const at = kinds.indexOf('row');
    const end = JSON.parse(lines.at(-1));
    end.end.rows--;
    const cut = [...lines.slice(0, at), ...lines.slice(at + 1, -1), JSON.stringify(end)];
    assert.throws(() => verifyStatement(cut, demo.vkey));
});

test('whom an import brings anew, or as he was, has no row of it', async () => {
    const before = (await told()).count;
    await change({ blood_group: member.blood_group === '01' ? '02' : '01' });
    assert.equal((await told()).count, before + 1); // his own look
});
