// Good clients at full load and beside them each attack of lib/attacks.mjs in turn: what the server
// did about it, what the good clients lost, what memory it took.
//   tests/fault/hostile [--rounds N] [--seconds N] [--only PATTERN] [--idle N] [--parts LIST]
//
// An attacker shares the machine's processors with the server and takes from it what it uses itself.
// So each attack has a control: a process that burns as much processor time and does nothing else,
// or, where the attack is made of asks that have to be served, a client that asks as many in good
// order. `ratio` compares the good clients beside the attack with those beside the control, in rounds
// of alternating order; `raw` compares with nobody beside. Who keeps four fifths by either has lost
// less than a fifth to the attack. `server` is the processor time that the server spends on the
// attack: what it used, less what its answers to good clients cost when alone.
import { parseArgs } from 'node:util';
import { buildLoad } from '../e2e/lib/generator.mjs';
import { sleep } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { median } from '../e2e/lib/stats.mjs';
import { Attacker, Burner, counters, GoodClients, Memory, phase } from './lib/beside.mjs';
import { ATTACKS } from './lib/attacks.mjs';
import { aggregates } from './lib/aggregates.mjs';
import { forms } from './lib/forms.mjs';
import { idleCrowd } from './lib/idle.mjs';
import { slowTools } from './lib/slow.mjs';

export const LOSS_MAX = 0.2;
export const GROWTH_KIB_MAX = 96 * 1024; // HTTP_HELD_BYTES_MAX, and half as much of the libraries'
const AFTER_S = 3;

const tell = (line) => process.stderr.write(`${line}\n`);

async function withAttacker(name, listener, server, good, processes, seconds) {
    const attacker = await new Attacker().start(name, listener, server);
    const before = attacker.cpuSeconds();
    const begun = performance.now();
    const found = await phase(good, processes, seconds);
    const cpu = (attacker.cpuSeconds() - before) / ((performance.now() - begun) / 1000);
    return { ...found, cpu, told: await attacker.stop() };
}

async function withBurner(share, good, processes, seconds) {
    const burner = new Burner(share);
    const found = await phase(good, processes, seconds);
    burner.stop();
    return found;
}

export async function measure(demo, name, listener, { rounds, seconds }) {
    const server = await serve(demo);
    const processes = await server.processes();
    const good = new GoodClients(server, listener);
    const memory = new Memory(processes);
    const found = { quiet: [], attack: [], control: [] };
    await sleep(500);
    for (let i = 0; i < rounds; i++) {
        const quiet = async () => found.quiet.push(await phase(good, processes, seconds));
        const attack = async () => found.attack.push(
            await withAttacker(name, listener, server, good, processes, seconds));
        const beside = ATTACKS[name].control;
        const control = async () => found.control.push(beside === undefined
            ? await withBurner(found.attack.at(-1).cpu, good, processes, seconds)
            : await withAttacker(beside, listener, server, good, processes, seconds));
        for (const step of i % 2 === 0 ? [quiet, attack, control] : [control, attack, quiet]) {
            await step();
        }
    }
    good.stop();
    await sleep(AFTER_S * 1000);
    memory.stop();
    const same = JSON.stringify((await server.processes()).map(({ pid }) => pid)) ===
        JSON.stringify(processes.map(({ pid }) => pid));
    await server.stop();
    return summary(found, memory.rows, counters(server.said), same);
}

function summary(found, memory, counted, same) {
    const rates = (list) => list.map(({ perSecond }) => perSecond);
    const ratio = (one, two) => median(one.map((value, i) => value / two[i]));
    const alone = median(found.quiet.map((row) => row.serverCpu / row.perSecond));
    const attack = found.attack.map((row) => row.told);
    const sum = (what) => attack.reduce((all, told) => all + told[what], 0);
    const merged = (what) => attack.reduce((all, told) => {
        Object.entries(told[what]).forEach(([key, value]) => {
            all[key] = (all[key] ?? 0) + value;
        });
        return all;
    }, {});
    return {
        quiet: median(rates(found.quiet)), beside: median(rates(found.attack)),
        raw: ratio(rates(found.attack), rates(found.quiet)),
        ratio: ratio(rates(found.attack), rates(found.control)),
        attackerCpu: median(found.attack.map(({ cpu }) => cpu)),
        serverCpu: median(found.attack.map((row) => row.serverCpu - row.perSecond * alone)),
        failed: found.attack.reduce((all, row) => all + row.failed + row.refused, 0),
        units: sum('units'), connections: sum('connections'), ended: sum('ended'),
        resumed: sum('resumed'), answers: sum('answers'),
        goaways: merged('goaways'), resets: merged('resets'), statuses: merged('statuses'),
        memory, counted, same,
    };
}

const mib = (kib) => (kib / 1024).toFixed(0);

// The process among these that grew most. (The core fills its caches as it begins to serve.)
export function most(memory, names = /./) {
    const [name, row] = Object.entries(memory).filter(([one]) => names.test(one))
        .sort(([, a], [, b]) => b.peak - b.before - (a.peak - a.before))[0];
    return { name, ...row, grew: row.peak - row.before };
}

const ENDINGS = ['floods', 'malformed', 'too_large', 'too_slow', 'busy', 'pressed', 'late',
    'handshakes_failed', 'connections_evicted', 'unauthenticated'];
const list = (map, names = Object.keys(map)) => names.filter((name) => map[name] > 0)
    .map((name) => `${name} ${map[name]}`).join(', ');

function lineOf(name, listener, row) {
    const grown = most(row.memory, /edge|public/);
    const met = [list(row.counted, ENDINGS),
        Object.keys(row.goaways).length > 0 ? `GOAWAY ${list(row.goaways)}` : '',
        `${row.ended} of ${row.connections} connections ended`].filter(Boolean).join('; ');
    return `| ${name} | ${listener} | ${row.units} | ${met} | ${row.quiet.toFixed(0)} | ` +
        `${row.beside.toFixed(0)} | ${row.raw.toFixed(2)} | ${row.ratio.toFixed(2)} | ` +
        `${(row.attackerCpu * 100).toFixed(0)} % | ${(row.serverCpu * 100).toFixed(0)} % | ` +
        `${grown.name}: ${mib(grown.before)}, ${mib(grown.peak)}, ${mib(grown.after)} |`;
}

const HEAD = `| attack | listener | units | what it met | good/s alone | beside | raw | ratio | \
attacker's CPU | server's CPU for it | MiB before, peak, after |
|---|---|---|---|---|---|---|---|---|---|---|`;

function faults(name, listener, row) {
    const grown = most(row.memory);
    return [
        Math.max(row.ratio, row.raw) < 1 - LOSS_MAX &&
            `good clients kept ${row.ratio.toFixed(2)}, ${row.raw.toFixed(2)} raw`,
        row.failed > 0 && `${row.failed} good asks failed`,
        row.resumed > 0 && `${row.resumed} sessions resumed`,
        grown.grew > GROWTH_KIB_MAX && `${grown.name} grew by ${mib(grown.grew)} MiB`,
        !row.same && 'a process died',
    ].filter(Boolean).map((what) => `${name}, ${listener}: ${what}`);
}

async function attacks(demo, options) {
    const bad = [];
    console.log(HEAD);
    for (const [name, { on }] of Object.entries(ATTACKS)) {
        for (const listener of on.filter((one) => options.only.test(`${name}, ${one}`))) {
            const row = await measure(demo, name, listener, options);
            console.log(lineOf(name, listener, row));
            bad.push(...faults(name, listener, row));
        }
    }
    return bad;
}

async function main() {
    const { values } = parseArgs({
        options: {
            rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' },
            only: { type: 'string', default: '.' }, idle: { type: 'string', default: '10000' },
            parts: { type: 'string', default: 'forms,attacks,aggregates,slow,idle' },
        },
    });
    const options = {
        rounds: Number(values.rounds), seconds: Number(values.seconds),
        only: new RegExp(values.only), idle: Number(values.idle), tell,
    };
    const parts = { forms, attacks, aggregates, slow: slowTools, idle: idleCrowd };
    await buildLoad();
    const demo = await demonstration('hostile');
    const bad = [];
    for (const name of values.parts.split(',')) {
        console.log(`\n## ${name}\n`);
        bad.push(...await parts[name](demo, options));
    }
    demo.remove();
    console.log(`\n${bad.length === 0 ? 'nothing was lost' : bad.join('\n')}`);
    process.exitCode = bad.length === 0 ? 0 : 1;
}

if (import.meta.main ?? process.argv[1]?.endsWith('hostile.mjs')) {
    await main();
}
