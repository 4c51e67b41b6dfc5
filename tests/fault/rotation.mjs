// Another data key, or another index key, takes over while the server runs and asks go on: whoever is
// killed on the way, everybody is there afterwards, to the byte, under the new key alone, and the log
// says when it began and ended, once each.
// Meanwhile people are imported, whom the last records of it are of.
//   tests/fault/rotation [--key data|index] [--persons N] [--rounds N] [--rate N] [--imported N]
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { kycAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { openRecord, personKey } from '../e2e/lib/registry.mjs';
import { randomOf } from '../e2e/lib/stats.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { readPeople } from '../e2e/lib/people.mjs';
import { tagMaker, tagsInFile } from '../e2e/lib/tags.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';
import { Askers, peopleFile, startImport } from './import.mjs';

const VICTIMS = ['loader', 'core', 'worker', 'loader', 'supervisor'];
const ROTATE_MS_MAX = 600_000;

// Every version of every person by a reader of our own: a hash of its plain bytes.
export function versionsOf(demo, secret) {
    const database = new DatabaseSync(path.join(demo.home, 'registry.db'), { readOnly: true });
    const found = new Map();
    for (const table of ['person', 'person_history']) {
        for (const row of database.prepare(`SELECT key, version, sealed FROM ${table}`).iterate()) {
            let hash = null;
            try {
                hash = createHash('sha256').update(openRecord(secret, row.key, row.version,
                    row.sealed)).digest('base64');
            } catch { /* it does not open under this key */ }
            found.set(`${row.key}:${row.version}`, hash);
        }
    }
    database.close();
    return found;
}

// Objects of the office whose tag or seal is as it was: sealed anew, both are others.
export function objectsOf(demo) {
    const database = new DatabaseSync(path.join(demo.home, 'office.db'), { readOnly: true });
    const rows = database.prepare('SELECT kind, tag, sealed FROM object').all();
    database.close();
    return new Set(rows.map((row) => Buffer.from(row.tag).toString('hex')));
}

export async function statusOf(demo) {
    const said = await demo.dancu(['key', 'status', '--json']);
    assert.equal(said.status, 0, said.stderr);
    return JSON.parse(said.stdout);
}

export const isDone = async (demo, which = 'data') =>
    (await statusOf(demo))[which].state === 'done, to be retired';

// Kinds of acts that the public log tells of, in their order.
export async function keyActs(demo) {
    const ledger = path.join(demo.home, 'ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'),
        demo.vkey);
    const entries = await readEntries((name) => readFileSync(path.join(ledger, name)), size);
    return entries.map((entry) => JSON.parse(entry).outcome)
        .filter((outcome) => outcome.startsWith('key.'));
}

async function kill(demo, server, victim) {
    if (victim === 'supervisor') { // its children follow; then the operator starts another
        const pids = (await server.processes()).map((row) => row.pid).filter((pid) => pid > 0);
        server.signal('SIGKILL');
        await server.stop();
        await until('no child outlives the supervisor', () =>
            !pids.some((pid) => existsSync(`/proc/${pid}`)));
        return serve(demo);
    }
    const row = await until(victim, async () => {
        const found = await server.process(victim);
        return found?.pid > 0 && found;
    });
    process.kill(row.pid, 'SIGKILL');
    return server;
}

export async function asked(server, demo, person) {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    try {
        return await client.lookup(kycAsk(person));
    } finally {
        await client.close();
    }
}

// What is kept of a demonstration before a rotation, for settle().
export function kept(demo) {
    const former = personKey(demo.keys);
    return { former, versions: versionsOf(demo, former), objects: objectsOf(demo),
        tags: tagsInFile(demo), tagOf: tagMaker(demo.keys) };
}

function settleData(demo, before) {
    const secret = personKey(demo.keys);
    assert.notDeepEqual(secret, before.former);
    assert.ok([...versionsOf(demo, before.former).values()].every((hash) => hash === null),
        'nothing opens under the former key');
    const left = [...objectsOf(demo)].filter((tag) => before.objects.has(tag));
    assert.deepEqual(left, [], 'no object lies under a tag of the former key');
}

// Whose tags the former keys make is not told by the file any more.
function settleIndex(demo, before) {
    const after = tagsInFile(demo);
    assert.deepEqual([...after].filter((tag) => before.tags.has(tag)), [], 'no tag of before is left');
    const { people, faults } = readPeople(demo);
    assert.deepEqual(faults, []);
    for (const id of people.keys()) {
        assert.ok(!after.has(before.tagOf(1, id)), 'a number is not found by the former key');
    }
    return people.size;
}

// What has to hold when a rotation is done and the server stands still.
export async function settle(demo, before, { key = 'data',
    acts = ['key.rotate', 'key.rotated'] } = {}) {
    assert.deepEqual(await keyActs(demo), acts);
    const retired = await demo.dancu(['key', 'retire', key]);
    assert.equal(retired.status, 0, retired.stderr);
    assert.ok(!existsSync(path.join(demo.keys, `${key}.next.key`)));
    const after = versionsOf(demo, personKey(demo.keys));
    for (const [place, hash] of before.versions) {
        assert.equal(after.get(place), hash, `person and version ${place}`);
    }
    assert.ok([...after.values()].every((hash) => hash !== null), 'all open under the key in force');
    (key === 'data' ? settleData : settleIndex)(demo, before);
    const scrub = await demo.dancu(['scrub']);
    assert.equal(scrub.status, 0, scrub.stdout + scrub.stderr);
    const verified = await demo.dancu(['ledger', 'verify']);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    return after.size;
}

// The import of a file, begun again as often as it is cut off.
async function imported(demo, file) {
    for (;;) {
        const how = await startImport(demo, [file, '--rejects', path.join(demo.dir, 'rejects.tsv')])
            .ended;
        if (how.status !== 3 && how.signal === null) {
            assert.equal(how.status, 1, how.stderr); // some lines are refused
            return;
        }
        await sleep(300);
    }
}

export async function rotated(name, { persons, hidden, rounds, rate = 100, seed = 1, more = 0,
    key = 'data', tell = () => {} }) {
    // Without a server the command would import by itself, and hold the home.
    const victims = VICTIMS.filter((victim) => more === 0 || victim !== 'supervisor');
    const file = more > 0 ? await peopleFile(more, 4242) : null;
    const demo = await demonstration(name, { persons, hidden });
    const before = kept(demo);
    const random = randomOf(seed);
    let server = await serve(demo);
    let askers = new Askers(server, demo, rate);
    const begun = await demo.dancu(['key', 'rotate', key]);
    assert.equal(begun.status, 0, begun.stderr);
    const importing = file === null ? null : imported(demo, file);
    const counts = {};
    for (let round = 0; round < rounds && !(await isDone(demo, key)); round++) {
        await sleep(200 + random() * 1500);
        const victim = victims[round % victims.length];
        counts[victim] = (counts[victim] ?? 0) + 1;
        const same = server;
        server = await kill(demo, server, victim);
        if (server !== same) {
            await askers.end();
            askers = new Askers(server, demo, rate);
        }
        tell(`round ${round + 1}: ${victim}, ${(await statusOf(demo))[key].persons_done} persons`);
    }
    await until('all lies under the new key', () => isDone(demo, key),
        { timeoutMs: ROTATE_MS_MAX, everyMs: 200 });
    await importing;
    const answers = await askers.end();
    assert.ok(answers.answered > 0);
    assert.ok(!Object.keys(answers.others).some((other) => /internal/.test(other)),
        JSON.stringify(answers.others));
    assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
    const versions = await settle(demo, before, { key });
    assert.ok(versions >= before.versions.size + (more > 0 ? 1 : 0));
    server = await serve(demo);
    assert.equal((await asked(server, demo, demo.samples()[0])).status, 200);
    await server.stop();
    demo.remove();
    return { key, persons, versions, killed: counts, answered: answers.answered, others: answers.others };
}

if (process.argv[1]?.endsWith('fault/rotation.mjs')) {
    const { values } = parseArgs({ options: {
        persons: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '20' },
        rate: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' },
        imported: { type: 'string', default: '20000' }, key: { type: 'string', default: 'data' },
    } });
    const found = await rotated('rotation', {
        persons: Number(values.persons), rounds: Number(values.rounds), rate: Number(values.rate),
        seed: Number(values.seed), more: Number(values.imported), key: values.key,
        tell: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}
