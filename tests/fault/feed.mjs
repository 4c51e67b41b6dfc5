// A source sends changes while the server runs: how fast, and whether the registry is then what a
// straight import of the end state gives, whoever is killed on the way.
//   tests/fault/feed --changes N --persons N --kills N --size N --seed N
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { binary, must, sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { CHANGES_MAX, deliver, deskClient, makeSource, Population } from '../e2e/lib/feed.mjs';
import { readPeople } from '../e2e/lib/people.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { randomOf } from '../e2e/lib/stats.mjs';

const victims = ['loader', 'core', 'verify', 'desk'];

// Kills them one after the other at random moments, until it is told to stop.
async function kill(server, kills, state) {
    const killed = Object.fromEntries(victims.map((name) => [name, 0]));
    for (let i = 0; i < kills && !state.done; i++) {
        await sleep(200 + Math.random() * state.pauseMs);
        const name = victims[i % victims.length];
        const row = await until(name, async () => {
            const found = await server.process(name);
            return found?.pid > 0 && found;
        });
        if (!state.done) {
            process.kill(row.pid, 'SIGKILL');
            killed[name]++;
        }
    }
    return killed;
}

// The end state as lines, imported into a home of its own.
async function straight(dir, population) {
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    const file = path.join(dir, 'end.ndjson');
    const out = createWriteStream(file);
    for (const person of population.byId.values()) {
        if (!out.write(`${JSON.stringify(person)}\n`)) {
            await once(out, 'drain');
        }
    }
    out.end();
    await once(out, 'close');
    const place = { home: path.join(dir, 'home'), keys: path.join(dir, 'keys') };
    const env = { DANCU_HOME: place.home, DANCU_KEYS: place.keys };
    await must(binary, ['init', '--origin', 'localhost/straight'], { env });
    await must(binary, ['registry', 'import', file], { env });
    return place;
}

// `among`: so many of the people are changed, and compared; all the others are counted.
export async function feed(name, { changes, persons, among = persons, kills = 0,
    size = CHANGES_MAX, seed = 7, pauseMs = 1000, audit = false, tell = () => {} }) {
    const demo = await demonstration(name, { persons });
    const people = [];
    for await (const person of demo.people()) {
        people.push(person);
        if (people.length === among) {
            break;
        }
    }
    const population = new Population(people, randomOf(seed));
    const source = await makeSource(demo, 'HOTICH', 'registrar');
    const server = await serve(demo);
    const link = { open: () => deskClient(server, demo, source) };
    const state = { done: false, pauseMs };
    const killing = kill(server, kills, state);
    const results = {};
    const began = Date.now();
    let sent = 0;
    let sets = 0;
    let waitedMs = 0;
    while (sent < changes) {
        const list = population.changes(Math.min(size, changes - sent));
        const jws = source.set(list);
        const before = Date.now();
        const answer = await deliver(link, jws);
        waitedMs += Date.now() - before;
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.number, source.number);
        assert.equal(answer.json.results.length, list.length);
        for (const [i, { result }] of answer.json.results.entries()) {
            results[result] = (results[result] ?? 0) + 1;
            assert.equal(result, 'applied', JSON.stringify(list[i]));
        }
        source.number++;
        sent += list.length;
        sets++;
        if (sets % 100 === 0) {
            tell(`${sent} changes, ${Math.round(sent / ((Date.now() - began) / 1000))} a second`);
        }
    }
    const tookS = (Date.now() - began) / 1000;
    state.done = true;
    const killed = await killing;
    link.client?.destroy();
    await until('all serve', async () => (await server.processes()).every((row) =>
        row.state === 'serving'));
    const resident = Object.fromEntries((await server.processes()).map((row) =>
        [row.process, row.resident_bytes]));
    assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
    tell('comparing');
    const scrub = audit ? await demo.dancu(['scrub']) : { status: 0 };
    assert.equal(scrub.status, 0, scrub.stdout + scrub.stderr);
    const verified = await demo.dancu(['ledger', 'verify']);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    const fed = readPeople(demo);
    const place = await straight(path.join(demo.dir, 'straight'), population);
    const imported = readPeople(place);
    assert.deepEqual(fed.faults, []);
    assert.deepEqual(imported.faults, []);
    assert.equal(fed.counts.pending, 0);
    assert.equal(fed.counts.sets, sets);
    assert.equal(fed.counts.versions, persons + sent, 'a version for each change');
    assert.equal(fed.people.size, imported.people.size + persons - people.length);
    for (const [id, digest] of imported.people) {
        assert.equal(fed.people.get(id), digest, `person ${id}`);
    }
    assert.ok(among < persons || fed.counts.cmnds === imported.counts.cmnds, 'found by CMND');
    demo.remove();
    return { changes: sent, sets, took_s: Number(tookS.toFixed(1)),
        changes_a_second: Math.round(sent / tookS),
        changes_a_second_of_waiting: Math.round(sent / (waitedMs / 1000)),
        sent_again: link.again ?? 0, killed, results, counts: fed.counts, resident_bytes: resident,
        equal: true };
}

if (process.argv[1]?.endsWith('feed.mjs')) {
    const option = (value) => ({ type: 'string', default: value });
    const { values } = parseArgs({ options: { changes: option('1000000'), persons: option('100000'),
        kills: option('0'), size: option(String(CHANGES_MAX)), seed: option('7') } });
    const numbers = Object.fromEntries(Object.entries(values).map(([key, value]) =>
        [key, Number(value)]));
    const found = await feed('feed', { ...numbers, pauseMs: 5000, audit: true,
        tell: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}
