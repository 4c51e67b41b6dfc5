// Orders the measurements of bench/run and writes them down.
import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { KYC_FIELDS, kycAsk } from '../tests/e2e/lib/asks.mjs';
import { binary, must, root, run, sleep } from '../tests/e2e/lib/command.mjs';
import { demonstration } from '../tests/e2e/lib/demo.mjs';
import { load } from '../tests/e2e/lib/generator.mjs';
import { cpuSeconds, residentKib, sharedKib } from '../tests/e2e/lib/proc.mjs';
import { median } from '../tests/e2e/lib/stats.mjs';
import { serve } from '../tests/e2e/lib/server.mjs';
import { h2load } from './lib/h2load.mjs';
import { machine } from './lib/machine.mjs';
import { startNginx } from './lib/nginx.mjs';

const { values } = parseArgs({
    options: {
        quick: { type: 'boolean', default: false }, rounds: { type: 'string' },
        seconds: { type: 'string' }, out: { type: 'string', default: 'bench/results.md' },
    },
});
const rounds = Number(values.rounds ?? (values.quick ? 3 : 9));
const seconds = Number(values.seconds ?? (values.quick ? 3 : 8));
const H2 = { connections: 16, streams: 32 };
const H1 = { connections: 256, streams: 1, http1: true };
const tell = (line) => process.stderr.write(`bench: ${line}\n`);

tell('the demonstration');
const demo = await demonstration('bench');
const about = await machine(demo.home);
const people = [];
for await (const person of demo.people()) {
    if (!person.protected) {
        people.push(JSON.stringify(kycAsk(person, { fields: KYC_FIELDS })));
    }
}
const server = await serve(demo);
const nginx = await startNginx(demo, server.port + 4);
const ask = JSON.stringify(kycAsk(demo.samples()[0]));

const ours = (how) => h2load(demo, {
    port: server.port, address: '/v1/lookup', body: ask, seconds, ...how,
});
const theirs = (how) => h2load(demo, {
    port: nginx.port, address: '/static.json', seconds, ...how,
});

async function cpu() {
    const rows = await server.processes();
    return rows.map((row) => [row.process.replace(/ \d+$/, ''), cpuSeconds(row.pid)]);
}

// Microseconds of each kind of process for one of `count` answers.
function perAnswer(before, after, count) {
    const sums = {};
    after.forEach(([name, time], i) => {
        sums[name] = (sums[name] ?? 0) + ((time - before[i][1]) / count) * 1e6;
    });
    return sums;
}

// Pairs in alternating order; each ratio is of two runs next to each other.
async function paired(what, one, two) {
    const found = { one: [], two: [], ratio: [] };
    for (let i = 0; i < rounds; i++) {
        const order = i % 2 === 0 ? [one, two] : [two, one];
        const rates = new Map();
        for (const measure of order) {
            rates.set(measure, (await measure()).perSecond);
        }
        found.one.push(rates.get(one));
        found.two.push(rates.get(two));
        found.ratio.push(rates.get(one) / rates.get(two));
        tell(`${what}, round ${i + 1} of ${rounds}: ${rates.get(one).toFixed(0)} against ` +
            `${rates.get(two).toFixed(0)} a second, ratio ${found.ratio.at(-1).toFixed(2)}`);
    }
    return found;
}

const results = {};
results.h2 = await paired('HTTP/2', () => ours(H2), () => theirs(H2));
results.h1 = await paired('HTTP/1.1', () => ours(H1), () => theirs(H1));

// Random people: our own generator for both sides.
const requests = Math.round(median(results.h2.one) * seconds);
const before = await cpu();
const random = async () => {
    const found = await load(server, demo.client('bank'), { bodies: people, requests, ...H2 });
    if (found.statuses['200'] !== requests) {
        throw new Error(`not everything was answered: ${JSON.stringify(found.statuses)}`);
    }
    results.answerBytes = found.bytes / requests;
    return { perSecond: found.per_second };
};
const plain = async () => {
    const { stdout } = await must(path.join(root, 'build/bench/load'), ['--port',
        String(nginx.port), '--ca', path.join(demo.dir, 'ca.pem'),
        '--cert', demo.client('bank').certPath, '--key', demo.client('bank').keyPath,
        '--path', '/static.json', '--requests', String(requests),
        '--connections', String(H2.connections), '--streams', String(H2.streams)]);
    return { perSecond: JSON.parse(stdout).per_second };
};
results.random = await paired('random people', random, plain);
results.cpu = perAnswer(before, await cpu(), requests * rounds);

tell('lock-step');
results.lockstep = [];
for (let i = 0; i < rounds; i++) {
    const { stdout } = await must(path.join(root, 'build/bench/sync'), [demo.dir, '1000']);
    const one = await load(server, demo.client('bank'), {
        bodies: people, requests: 1000, connections: 1, streams: 1, seed: i,
    });
    results.lockstep.push([one.latency_us.p50, JSON.parse(stdout).p50]);
}

tell('half of the peak');
results.half = await ours({ ...H2, perSecond: median(results.h2.one) / 2, log: true });

tell('memory with 1,000 connections');
const crowd = ours({ connections: 1000, streams: 1, seconds: Math.max(4, seconds) });
await sleep(3500);
results.memory = (await server.processes()).map((row) =>
    [row.process, residentKib(row.pid), sharedKib(row.pid)]);
await crowd;

tell('stop, verify, start');
await nginx.stop();
await server.stop();
const verifying = Date.now();
const verified = await demo.dancu(['ledger', 'verify']);
results.verifyMs = Date.now() - verifying;
if (verified.status !== 0) {
    throw new Error(`the ledger does not verify: ${verified.stderr}`);
}
const { size } = (await import('../tests/e2e/lib/note.mjs')).readCheckpoint(
    (await must('cat', [path.join(demo.home, 'ledger/checkpoint')])).stdout, demo.vkey);
const again = await serve(demo);
results.startMs = again.readyMs;
await again.stop();

tell('import');
const fresh = path.join(demo.dir, 'fresh');
const env = { DANCU_HOME: path.join(fresh, 'home'), DANCU_KEYS: path.join(fresh, 'keys') };
await must('mkdir', ['-p', fresh]);
await must(binary, ['init', '--origin', 'localhost/bench'], { env });
await must(binary, ['policy', 'publish', 'policy'], { env });
await must(binary, ['seed', '--persons', '100000', '--seed', '7', '--out', `${fresh}/p.ndjson`]);
const importing = Date.now();
await must(binary, ['registry', 'import', `${fresh}/p.ndjson`], { env });
results.importPerSecond = 100_000 / ((Date.now() - importing) / 1000);
rmSync(fresh, { recursive: true });
demo.remove();

const number = (value) => Math.round(value).toLocaleString('en');
const spread = (list, digits = 2) => `${median(list).toFixed(digits)} (${
    Math.min(...list).toFixed(digits)} to ${Math.max(...list).toFixed(digits)})`;
const rate = (list) => `${number(median(list))}`;
const lock = results.lockstep.map(([one, two]) => one / two);
const mib = (kib) => (kib / 1024).toFixed(1);
const edge = results.cpu.edge;

const text = `# Figures

Written by \`bench/run${values.quick ? ' --quick' : ''}\`: ${rounds} rounds of ${seconds} s, the two
sides of a pair one after the other in alternating order. Ratios are medians over the rounds, with
the least and the most in brackets.

${Object.entries(about).map(([name, value]) => `- ${name}: ${value}`).join('\n')}

| what | dancu | yardstick | ratio |
|---|---|---|---|
| full look-up, HTTP/2, h2load, one person / nginx-light, 600-byte file | ${rate(results.h2.one)}/s | ${rate(results.h2.two)}/s | ${spread(results.h2.ratio)} |
| same, random people of 100,000, own generator | ${rate(results.random.one)}/s | ${rate(results.random.two)}/s | ${spread(results.random.ratio)} |
| same, HTTP/1.1 keep-alive, h2load, one person | ${rate(results.h1.one)}/s | ${rate(results.h1.two)}/s | ${spread(results.h1.ratio)} |
| lock-step p50 / plain 4 kB append + fdatasync | ${number(median(results.lockstep.map(([one]) => one)))} us | ${number(median(results.lockstep.map(([, two]) => two)))} us | ${spread(lock)} |
| p99 at half of the peak / p50 there | ${number(results.half.p99Us)} us | ${number(results.half.p50Us)} us | ${(results.half.p99Us / results.half.p50Us).toFixed(1)} |

| what | figure |
|---|---|
| processor time of a look-up, random people: core | ${results.cpu.core.toFixed(1)} us |
| same: edges | ${edge.toFixed(1)} us |
| same: keeper, public, supervisor | ${(results.cpu.keeper + results.cpu.public + results.cpu.supervisor).toFixed(2)} us |
| memory with 1,000 connections, resident, all processes | ${mib(results.memory.reduce((sum, [, kib]) => sum + kib, 0))} MiB |
| same, shared pages counted once (PSS) | ${mib(results.memory.reduce((sum, [, , kib]) => sum + kib, 0))} MiB |
| by process | ${results.memory.map(([name, kib]) => `${name} ${mib(kib)}`).join(', ')} |
| import of 100,000 people | ${number(results.importPerSecond)}/s |
| \`dancu ledger verify\` of ${number(size)} entries | ${(results.verifyMs / 1000).toFixed(1)} s, ${number(size / (results.verifyMs / 1000))}/s |
| start with that log, to "dancu is ready" | ${results.startMs} ms |

Method. Server, load and nginx share the machine's ${os.cpus().length} processors. Same certificates, TLS versions and
client certificates on both sides; ${H2.connections} connections of ${H2.streams} streams for HTTP/2, ${H1.connections} connections for HTTP/1.1;
handshakes stand outside what is measured. h2load sends one body for a whole run, so it asks about
one person; the own generator (\`bench/load.c\`) picks a person at random for each ask and is
compared with nginx under itself. An answer waits for a sync of the disk that it shares with all
that wait with it: the rate depends on how many wait, ${H2.connections * H2.streams} over HTTP/2 and ${H1.connections} over HTTP/1.1 here. Every answer counted was a 200 with person, receipt and opening
(${number(results.answerBytes)} bytes), recorded and synced before it left. 100,000 people, not the million of the aims;
PostgreSQL is not measured yet.
`;
writeFileSync(path.resolve(root, values.out), text);
process.stdout.write(text);
