// Kills the core with SIGKILL under load, again and again. Every answered ask must be in the log
// afterwards, where its receipt says; nothing else may be.
//   tests/fault/kill --rounds N
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { verifyReceipt } from '../e2e/lib/answer.mjs';
import { kycAsk, subjectOf } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { leafHash, readEntries, Tree } from '../e2e/lib/tree.mjs';
import { serve } from '../e2e/lib/server.mjs';

const CLIENTS = 4;
const AT_ONCE = 25; // on each client's connection

// What a client keeps of an answer; the rest it forgets.
function keep(answer) {
    const { receipt, opening, ask } = answer.json;
    return { receipt, opening, ask, status: answer.status };
}

// Asks without end until told to stop: what is answered, what is refused, what is not there.
async function client(server, demo, samples, state) {
    const made = () => new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    let connection = made();
    const worker = async (n) => {
        for (let i = n; !state.stop; i += AT_ONCE) {
            const person = samples[i % samples.length];
            const more = i % 10 === 3 ? { business: 'NV-NOBODY' } : {};
            const subject = { ...subjectOf(person) };
            if (i % 10 === 7) {
                subject.id = `1000009${String(10_000 + (i * 7919) % 90_000)}`;
            }
            try {
                const answer = await connection.lookup(kycAsk(person, { subject, ...more }));
                state.statuses[answer.status] = (state.statuses[answer.status] ?? 0) + 1;
                if ([200, 403, 404, 429].includes(answer.status) && answer.json.receipt) {
                    state.kept.push(keep(answer));
                } else {
                    await sleep(5);
                }
            } catch {
                state.lost++;
                connection.destroy();
                connection = made();
                await sleep(5);
            }
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => worker(n)));
    connection.destroy();
}

async function answers(server, demo, samples) {
    const other = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const answer = await other.lookup(kycAsk(samples[0])).catch(() => ({}));
    other.destroy();
    return answer.status === 200;
}

// Core's process id once another than `old` is there; with `serving`, once it serves.
const coreOf = (server, old, serving) => until('a core', async () => {
    const row = await server.process('core');
    return row?.pid > 0 && row.pid !== old && (!serving || row.state === 'serving') && row.pid;
}, { everyMs: 5 });

// One kill under load; how long until the next ask was answered. The core has lived long enough
// that it is started again at once; every tenth time its successor is killed too, as it recovers.
async function round(server, demo, samples, again) {
    await sleep(2050 + Math.random() * 400);
    const core = await coreOf(server, 0, true);
    process.kill(core, 'SIGKILL');
    const begun = Date.now();
    if (again) {
        await sleep(Math.random() * 40);
        process.kill(await coreOf(server, core, false), 'SIGKILL');
    }
    await until('asks are answered again', () => answers(server, demo, samples));
    return Date.now() - begun;
}

// Everything kept, against the log as it is now on disk.
async function compare(demo, kept) {
    const ledger = path.join(demo.home, 'ledger');
    const { vkey } = demo;
    const note = readFileSync(path.join(ledger, 'checkpoint'), 'utf8');
    const last = readCheckpoint(note, vkey);
    const entries = await readEntries((name) => readFileSync(path.join(ledger, name)), last.size);
    const roots = new Map();
    const places = new Map();
    for (const one of kept) {
        const { index, checkpoint } = verifyReceipt(one, vkey);
        assert.equal(entries[index]?.toString(), one.receipt.entry, `entry ${index} is in the log`);
        assert.ok(!places.has(index), `entry ${index} was given out once`);
        places.set(index, one.ask);
        const other = roots.get(checkpoint.size);
        assert.ok(other === undefined || other.equals(checkpoint.root), 'one root for one size');
        roots.set(checkpoint.size, checkpoint.root);
    }
    const tree = new Tree();
    let checkpoints = 0;
    for (const entry of entries) {
        tree.add(leafHash(entry));
        const root = roots.get(tree.size);
        if (root !== undefined) {
            assert.deepEqual(tree.root(), root, `the log of ${tree.size} entries`);
            checkpoints++;
        }
    }
    assert.equal(checkpoints, roots.size, 'no receipt is ahead of the log');
    assert.deepEqual(tree.root(), last.root);
    return { entries: entries.length, checkpoints };
}

export async function killRounds(name, rounds, { tell = () => {}, persons } = {}) {
    const demo = await demonstration(name, { persons });
    const server = await serve(demo);
    const samples = demo.samples();
    const state = { stop: false, kept: [], statuses: {}, lost: 0 };
    const clients = Array.from({ length: CLIENTS }, () => client(server, demo, samples, state));
    const back = [];
    try {
        for (let i = 0; i < rounds; i++) {
            back.push(await round(server, demo, samples, i % 10 === 9));
            tell(`round ${i + 1} of ${rounds}: back after ${back.at(-1)} ms, ` +
                `${state.kept.length} answers kept`);
        }
        await sleep(200);
    } finally {
        state.stop = true;
        await Promise.all(clients);
    }
    const core = await server.process('core');
    const how = await server.stop();
    assert.deepEqual(how, { status: 0, signal: null }, server.said);
    const verified = await demo.dancu(['ledger', 'verify']);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    const log = await compare(demo, state.kept);
    demo.remove();
    back.sort((a, b) => a - b);
    return {
        rounds, restarts: core.restarts, kept: state.kept.length, lost: state.lost,
        statuses: state.statuses, ...log,
        back_ms: { median: back[Math.floor(back.length / 2)], most: back.at(-1) },
    };
}

if (import.meta.main ?? process.argv[1]?.endsWith('kill.mjs')) {
    const { values } = parseArgs({ options: { rounds: { type: 'string', default: '100' } } });
    const found = await killRounds('kill', Number(values.rounds),
        { tell: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}
