// Kills processes with SIGKILL under load, again and again: the core, the keeper, channels, the
// supervisor, whatever `dancu ps` lists; sometimes two at once, sometimes who comes in their stead.
// Every answered ask must be in the log afterwards, where its receipt says, and nothing else may be;
// every signed act that was answered is in force once, any other once or not at all (lib/acts.mjs);
// every checkpoint that was published must be a state that the log went through; the fees are those of
// the records; nobody outlives the supervisor; no process grows from round to round.
//   tests/fault/kill [--rounds N] [--seed N]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { verifyReceipt } from '../e2e/lib/answer.mjs';
import { kycAsk, subjectOf } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { readCheckpoint, readProof } from '../e2e/lib/note.mjs';
import { descriptors, residentKib, startedTicks } from '../e2e/lib/proc.mjs';
import { median, quantile, randomOf } from '../e2e/lib/stats.mjs';
import { leafHash, readBundle, rootByPath, tilePath, tilesOf, Tree } from '../e2e/lib/tree.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { Acts } from './lib/acts.mjs';

const CLIENTS = 4;
const AT_ONCE = 25; // on each client's connection
const BACK_MS_MAX = 20_000;
const ORPHAN_MS_MAX = 10_000; // children that lost their supervisor
const WHOLE_EVERY = 50; // of so many receipts one is also opened
const LIVES_MS = 2050; // who lives shorter is started again later and later (proc/ceilings.h)
const GROWTH_FDS_MAX = 8;
const GROWTH_KIB_MAX = 32 * 1024;

// One ask in ten is refused, one finds nobody; what each may be recorded as.
const KINDS = {
    disclosed: ['disclosed'],
    refused: ['business_not_granted'],
    unknown: ['subject_not_available', 'quota_exceeded'],
};

function askOf(i, person) {
    if (i % 10 === 3) {
        return ['refused', kycAsk(person, { business: 'NV-NOBODY' })];
    }
    if (i % 10 === 7) {
        const id = `1000009${String(10_000 + (i * 7919) % 90_000)}`;
        return ['unknown', kycAsk(person, { subject: { ...subjectOf(person), id } })];
    }
    return ['disclosed', kycAsk(person)];
}

// What clients and watchers have seen, small enough to be kept for hours.
class Seen {
    stop = false;
    sent = { disclosed: 0, refused: 0, unknown: 0 };
    kept = new Map(); // index in the log: leaf hash
    roots = new Map(); // size of the log: root
    statuses = {};
    lost = 0;
    published = 0;
    #notes = new Map(); // a batch shares its checkpoint

    constructor(vkey) {
        this.vkey = vkey;
    }

    checkpoint(note) {
        let found = this.#notes.get(note);
        if (found === undefined) {
            found = readCheckpoint(note, this.vkey);
            if (this.#notes.size > 256) {
                this.#notes.clear();
            }
            this.#notes.set(note, found);
            const other = this.roots.get(found.size);
            assert.ok(other === undefined || other.equals(found.root), 'one root for one size');
            this.roots.set(found.size, found.root);
        }
        return found;
    }

    keep({ json }) {
        if (this.kept.size % WHOLE_EVERY === 0) {
            verifyReceipt(json, this.vkey);
        }
        const leaf = leafHash(json.receipt.entry);
        const { index, path: hashes, checkpoint: note } = readProof(json.receipt.proof);
        const checkpoint = this.checkpoint(note);
        assert.deepEqual(rootByPath(leaf, index, checkpoint.size, hashes), checkpoint.root);
        assert.ok(!this.kept.has(index), `entry ${index} was given out once`);
        this.kept.set(index, leaf);
    }
}

const bank = (server, demo, port = server.port) =>
    new Http2Client({ port, ca: demo.ca, ...demo.client('bank') });

// Asks without end until told to stop: what is answered, what is refused, what is not there.
async function client(server, demo, samples, seen) {
    let connection = bank(server, demo);
    const worker = async (n) => {
        for (let i = n; !seen.stop; i += AT_ONCE) {
            const [kind, ask] = askOf(i, samples[i % samples.length]);
            seen.sent[kind]++;
            const answer = await connection.lookup(ask).catch(() => null);
            if (answer === null) {
                seen.lost++;
                connection.destroy();
                connection = bank(server, demo);
                await sleep(5);
                continue;
            }
            seen.statuses[answer.status] = (seen.statuses[answer.status] ?? 0) + 1;
            if (answer.json.receipt) {
                seen.keep(answer);
            } else {
                assert.equal(answer.status, 503, answer.text);
                await sleep(5);
            }
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => worker(n)));
    connection.destroy();
}

// An auditor: takes every checkpoint that is published.
async function auditor(server, demo, seen) {
    let connection = bank(server, demo, server.publicPort);
    while (!seen.stop) {
        const answer = await connection.get('/ledger/checkpoint').catch(() => null);
        if (answer?.status === 200) {
            seen.checkpoint(answer.text);
            seen.published++;
        } else if (answer === null) {
            connection.destroy();
            connection = bank(server, demo, server.publicPort);
        }
        await sleep(20);
    }
    connection.destroy();
}

async function answers(server, demo, samples) {
    const other = bank(server, demo);
    const answer = await other.lookup(kycAsk(samples[0])).catch(() => ({}));
    other.destroy();
    const anybody = bank(server, demo, server.publicPort);
    const health = await anybody.get('/healthz').catch(() => ({}));
    anybody.destroy();
    return answer.status === 200 && health.status === 200;
}

const living = async (server) =>
    (await server.processes().catch(() => [])).filter((row) => row.pid > 0);

// A process that has not been reaped and is not its number's next owner.
const lives = ({ pid, ticks }) => ticks !== null && startedTicks(pid) === ticks;
const known = (row) => ({ ...row, ticks: startedTicks(row.pid) });

function kill(victim) {
    try {
        process.kill(victim.pid, 'SIGKILL');
    } catch (error) {
        assert.equal(error.code, 'ESRCH'); // it has just gone by itself
    }
}

const isSupervisor = (row) => row.process === 'supervisor';
const pick = (random, list) => list[Math.floor(random() * list.length)];

// Whom to kill: everybody in turn, in an order that the seed gives, the supervisor as often as any
// other; in a fourth of the rounds somebody else besides.
function victimsOf(random, rows, deck) {
    if (!rows.some((row) => deck.has(row.process))) {
        rows.forEach((row) => deck.add(row.process));
    }
    const first = pick(random, rows.filter((row) => deck.has(row.process)));
    deck.delete(first.process);
    const others = rows.filter((row) => row !== first);
    return random() < 0.25 && !isSupervisor(first) ? [first, pick(random, others)] : [first];
}

// The supervisor is gone: its children must follow by themselves; then the operator starts another.
async function startAnew(server, rows) {
    const begun = Date.now();
    await until('no child outlives the supervisor', () => !rows.some(lives),
        { timeoutMs: ORPHAN_MS_MAX, everyMs: 5 });
    const orphansMs = Date.now() - begun;
    await server.start({ port: server.port });
    return orphansMs;
}

// Who comes in a victim's stead dies too, as it recovers.
async function killSuccessor(server, victim, random) {
    await sleep(random() * 60);
    const next = (await living(server)).find((row) =>
        row.process === victim.process && row.pid !== victim.pid);
    if (next !== undefined && !isSupervisor(next)) {
        kill(next);
    }
    return next !== undefined;
}

// One round; how long until everybody was served again.
async function round(server, demo, samples, random, told) {
    await sleep(LIVES_MS + random() * 300);
    const rows = (await living(server)).map(known);
    rows.forEach((row) => told.everybody.push(row));
    told.samples.push(rows.map((row) => ({
        name: row.process, fds: descriptors(row.pid).length, kib: residentKib(row.pid),
    })));
    const victims = victimsOf(random, rows, told.deck);
    victims.forEach(kill);
    const begun = Date.now();
    const again = random() < 0.2 && await killSuccessor(server, victims[0], random);
    if (victims.some(isSupervisor)) {
        told.orphansMs.push(await startAnew(server, rows));
    }
    await until('everybody is served again', async () =>
        (await living(server)).every((row) => row.state === 'serving') &&
        answers(server, demo, samples), { timeoutMs: BACK_MS_MAX });
    const names = victims.map((row) => row.process);
    names.forEach((name) => {
        told.killed[name] = (told.killed[name] ?? 0) + 1;
    });
    return { ms: Date.now() - begun, names: again ? [...names, 'its successor'] : names };
}

// Everything seen, against the log as it is now on disk.
function compare(demo, seen, before) {
    const ledger = path.join(demo.home, 'ledger');
    const last = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
    const tree = new Tree();
    const outcomes = {};
    let found = 0;
    let states = 0;
    for (const [number, width] of tilesOf(last.size)) {
        const file = path.join(ledger, tilePath('entries', number, width));
        for (const entry of readBundle(readFileSync(file), width)) {
            const leaf = leafHash(entry);
            const kept = seen.kept.get(tree.size);
            assert.ok(kept === undefined || kept.equals(leaf), `entry ${tree.size} is as answered`);
            found += kept === undefined ? 0 : 1;
            if (tree.size >= before) {
                const { kind, outcome } = JSON.parse(entry.toString());
                const key = kind === 'act' ? 'act' : outcome;
                outcomes[key] = (outcomes[key] ?? 0) + 1;
            }
            tree.add(leaf);
            const root = seen.roots.get(tree.size);
            if (root !== undefined) {
                assert.deepEqual(tree.root(), root, `the log of ${tree.size} entries`);
                states++;
            }
        }
    }
    assert.equal(found, seen.kept.size, 'every answered ask is in the log');
    assert.equal(states, seen.roots.size, 'every checkpoint is a state that the log went through');
    assert.deepEqual(tree.root(), last.root);
    return { entries: last.size, checkpoints: states, outcomes };
}

// No more entries of a kind than asks of it; but for acts (signed ones, and what a recovery sets aside)
// no others.
function nothingElse(outcomes, sent, acts) {
    const rest = { ...outcomes };
    for (const [kind, names] of Object.entries(KINDS)) {
        const count = names.reduce((sum, name) => sum + (rest[name] ?? 0), 0);
        names.forEach((name) => delete rest[name]);
        assert.ok(count <= sent[kind], `${count} entries, ${sent[kind]} asks: ${kind}`);
    }
    assert.ok((rest.act ?? 0) <= acts, `${rest.act} acts`);
    delete rest.act;
    assert.deepEqual(rest, {}, 'nothing that nobody asked');
}

// What is owed by the counters, after all those deaths, and by the records.
async function sameFees(server, demo) {
    const month = new Date(Date.now() + 7 * 3600_000).toISOString().slice(0, 7);
    const desk = bank(server, demo, server.port + 2);
    const { json } = await desk.get(`/v1/fees/bank.${month}`);
    desk.destroy();
    const counted = await demo.dancu(['fees', 'statement', '--party', 'bank', '--month', month]);
    assert.equal(counted.status, 0, counted.stderr);
    assert.deepEqual(json, JSON.parse(counted.stdout));
    return { asks: json.asks, vnd: json.vnd };
}

// Figures of each process, the first third of the rounds beside the last.
function growth(samples) {
    const third = Math.max(1, Math.floor(samples.length / 3));
    const of = (part, name, what) => median(part.flat().filter((row) => row.name === name)
        .map((row) => row[what]));
    const found = {};
    for (const name of new Set(samples.flat().map((row) => row.name))) {
        const [first, last] = [samples.slice(0, third), samples.slice(-third)];
        found[name] = {
            fds: [of(first, name, 'fds'), of(last, name, 'fds')],
            mib: [of(first, name, 'kib'), of(last, name, 'kib')].map((kib) =>
                Math.round(kib / 102.4) / 10),
        };
        const { fds, mib } = found[name];
        assert.ok(!(fds[1] > fds[0] + GROWTH_FDS_MAX), `${name}: descriptors ${fds}`);
        assert.ok(!(mib[1] > mib[0] + GROWTH_KIB_MAX / 1024), `${name}: MiB ${mib}`);
    }
    return found;
}

// `rounds`: one for each process when none are given.
export async function killRounds(name, { tell = () => {}, seed = 1, edges, ...options } = {}) {
    const demo = await demonstration(name);
    const acts = await Acts.of(demo, randomOf(seed + 1));
    const before = readCheckpoint(
        readFileSync(path.join(demo.home, 'ledger/checkpoint'), 'utf8'), demo.vkey).size;
    const server = await serve(demo, { edges });
    const rounds = options.rounds ?? (await living(server)).length;
    const samples = demo.samples();
    const seen = new Seen(demo.vkey);
    const random = randomOf(seed);
    const told = { everybody: [], samples: [], killed: {}, orphansMs: [], deck: new Set() };
    const load = [auditor(server, demo, seen), acts.run(server, seen),
        ...Array.from({ length: CLIENTS }, () => client(server, demo, samples, seen))];
    const failed = Promise.all(load); // an assertion in there ends the rounds
    const back = [];
    try {
        for (let i = 0; i < rounds; i++) {
            const { ms, names } = await Promise.race([
                round(server, demo, samples, random, told), failed]);
            back.push(ms);
            tell(`round ${i + 1} of ${rounds}: ${names.join(', ')}; back after ${ms} ms, ` +
                `${seen.kept.size} answers kept`);
        }
        await sleep(200);
    } finally {
        seen.stop = true;
        await Promise.allSettled(load);
    }
    await failed;
    await acts.settle();
    const fees = await sameFees(server, demo);
    const how = await server.stop();
    assert.deepEqual(how, { status: 0, signal: null }, server.said);
    assert.deepEqual(told.everybody.filter(lives), [], 'nobody is left');
    const verified = await demo.dancu(['ledger', 'verify', '--acts', '--json']);
    assert.equal(verified.status, 0, verified.stderr);
    const acted = acts.compare(verified.stdout);
    const log = compare(demo, seen, before);
    nothingElse(log.outcomes, seen.sent, 2 * rounds + acted.signed);
    const grown = growth(told.samples);
    demo.remove();
    return {
        rounds, seed, killed: told.killed, kept: seen.kept.size, sent: seen.sent, lost: seen.lost,
        statuses: seen.statuses, acts: acted, fees, published: seen.published, ...log,
        back_ms: { median: median(back), p95: quantile(back, 0.95), most: Math.max(...back) },
        orphans_gone_ms_most: Math.max(0, ...told.orphansMs), grown,
    };
}

if (import.meta.main ?? process.argv[1]?.endsWith('kill.mjs')) {
    const { values } = parseArgs({
        options: {
            rounds: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' },
        },
    });
    const found = await killRounds('kill', {
        rounds: Number(values.rounds), seed: Number(values.seed), tell: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}
