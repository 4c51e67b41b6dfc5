// Lists of people: approved by officers, collected, asked person by person; held against the
// population's own file.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { verifyReceipt } from './lib/answer.mjs';
import { canonical } from './lib/canonical.mjs';
import { Http2Client } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import {
    ACCOUNT, approve, BUSINESS, criterion, FIELDS, givenOf, jobOf, readLines, recorded, shown,
} from './lib/extracts.mjs';
import { JobClient } from './lib/jobs.mjs';
import { addParty, day } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let people;
let given = 0;

const connect = (name = ACCOUNT) =>
    new JobClient({ port: server.port, ca: demo.ca, ...demo.client(name) });

async function all(lines) {
    const found = [];
    for await (const line of lines) {
        found.push(line);
    }
    return found;
}

async function quotaUsed() {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(ACCOUNT) });
    const { json } = await client.get('/v1/grants');
    client.destroy();
    return 1_000_000_000 - json.businesses.find(({ code }) => code === BUSINESS).quotas.day.left;
}

// The ward of province 79 in which most live.
function wardOf() {
    const counts = new Map();
    for (const { province, ward, list } of people) {
        if (province === '79' && ward !== null && list === '2021-07-01') {
            counts.set(ward, (counts.get(ward) ?? 0) + 1);
        }
    }
    return [...counts].sort((a, b) => b[1] - a[1])[0][0];
}

before(async () => {
    demo = await demonstration('e2e-lists');
    people = await readLines(demo);
    server = await serve(demo, { edges: 1 });
    await addParty(demo, 'so-khac', { class: 'state', channel: 'province_one_stop' });
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

test('a list is exactly those of the population who fulfil it, each with a receipt', async (t) => {
    const today = day(0);
    const lists = [
        ['DS-PHUONG', criterion({ ward: wardOf(), from: 18 })],
        ['DS-TRE-EM', criterion({ province: '79', from: 6, until: 8 })],
        ['DS-NU', criterion({ province: '79', sex: '2', from: 75 })],
    ];
    for (const [code, { text }] of lists) {
        assert.equal(await approve(demo, code, text), jobOf(code));
    }
    for (const [code, { holds }] of lists) {
        const client = connect();
        const job = await client.settled(jobOf(code));
        const result = await all(client.result(job.id));
        const inside = people.filter((person) => person.province !== null && holds(person, today));
        const open = inside.filter((person) => !person.hidden);
        // the business' own population: province 79 of the list of 2021, whatever else is asked
        const want = open.filter((person) => criterion({ province: '79' }).holds(person, today));
        assert.ok(want.length > 20, `${code}: ${want.length}`);
        assert.deepEqual(result.map(({ answer }) => canonical(answer.person)).sort(), givenOf(want));
        assert.deepEqual(result.map(({ line }) => line), want.map((_, i) => i + 1));
        assert.deepEqual([job.state, job.service, job.done, job.lines, job.missed, job.refused, job.rate],
            ['done', 'list.extract', want.length, want.length, 0, 0, 0]);
        const { entry, opened } = verifyReceipt(result.at(-1).answer, demo.vkey);
        assert.deepEqual([entry.service, entry.class, entry.outcome],
            ['list.extract', 'state', 'disclosed']);
        assert.deepEqual(opened.request, { asked: { list: code }, fields: [...FIELDS].sort(), use: null });
        assert.equal(opened.case, `HS-${code}`);
        const office = await shown(demo, code);
        assert.deepEqual([office.state, office.collected], ['collected', want.length]);
        given += want.length;
        t.diagnostic(`${code}: ${want.length} given, ${inside.length - open.length} protected left out`);
    }
    assert.equal(await quotaUsed(), given);
});

test('one more than its cap, and nobody is in a list', async () => {
    const { text } = criterion({ province: '79', from: 6, until: 8 });
    const id = await approve(demo, 'DS-DAI', text, { cap: 5 });
    const office = await until('it is looked at', async () => {
        const found = await shown(demo, 'DS-DAI');
        return found.state !== 'approved' && found;
    });
    assert.equal(office.state, 'too_long');
    assert.ok(!('collected' in office));
    assert.equal((await connect().show(id)).status, 404);
    assert.equal(await quotaUsed(), given);
});

test('a list is its account\'s own, and nobody brings one', async () => {
    for (const name of ['so-khac', 'bank']) {
        assert.equal((await connect(name).show(jobOf('DS-NU'))).status, 404);
    }
    const line = `0000000000000001 0000000000000001 HS-DS-NU\n`;
    const brought = await connect().submit({ service: 'list.extract', business: BUSINESS,
        body: [Buffer.from(line)] });
    assert.equal(brought.status, 400);
    const refused = await demo.dancu(['extract', 'approve', 'DS-X', '--account', 'so-khac', '--business',
        BUSINESS, '--case', 'HS', '--criteria', 'age>=18', '--fields', 'sex', '--cap', '5',
        '--until', day(3), '--reason', 'Kiểm thử']);
    assert.notEqual(refused.status, 0);
});

test('what was approved while the server was killed is collected when it runs again', async () => {
    const { text, holds } = criterion({ province: '79', from: 90 });
    const id = await approve(demo, 'DS-90', text);
    const { port } = server;
    server.signal('SIGKILL');
    await server.stop();
    await until('it starts again', () => server.start({ port }).then(() => true, () => false),
        { timeoutMs: 30_000, everyMs: 200 });
    const client = connect();
    const job = await client.settled(id);
    const want = people.filter((person) => holds(person, day(0)) && !person.hidden);
    assert.equal(job.done, want.length);
    assert.equal((await all(client.result(id))).length, want.length);
    await demo.act('extract', 'end', 'DS-90', '--reason', 'Kiểm thử');
    assert.equal((await shown(demo, 'DS-90')).state, 'ended');
    given += want.length;
    assert.equal(await quotaUsed(), given);
});

test('the log holds a record of each person that was given, and of nobody else', async () => {
    assert.equal((await server.stop()).status, 0); // what is published lags behind while it runs
    assert.deepEqual(await recorded(demo), { disclosure: given, unavailable: 0, refusal: 0 });
});
