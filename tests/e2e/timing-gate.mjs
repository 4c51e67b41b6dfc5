// The gate alone, by the reason for which a person is not available, the same people for every
// reason (tests/timing/timing.h): instructions of an ask (--count, under callgrind), time of warm
// asks (--warm), pages read and time of asks whose every page is a first touch (--cold).
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync }
    from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { must, root } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { otherDate, otherName, REASONS } from './lib/ladder.mjs';
import { median, pairs, pairTable, quantile } from './lib/stats.mjs';

const CONTROL = 'control';
const CLASSES = [...REASONS, CONTROL];
const SLICE_S = 30;
const CHUNK = 32;
const STEADY = 3.5; // instructions
const FUNCTIONS_TOLD = 12;
const { values } = parseArgs({
    options: {
        warm: { type: 'boolean' }, cold: { type: 'boolean' }, count: { type: 'boolean' },
        minutes: { type: 'string', default: '10' }, persons: { type: 'string', default: '100000' },
        until: { type: 'string', default: '1' }, program: { type: 'string' },
        rounds: { type: 'string', default: '4' },
        service: { type: 'string', default: 'citizen.lookup' },
    },
});

const program = values.program ?? path.join(root, 'build/release/tests/timing/timing_gate');
if (values.program === undefined) {
    await must('bash', ['-c', '. tools/common.sh && need_packages valgrind && build_release && ' +
        'ninja -C build/release --quiet tests/timing/timing_gate'], { timeoutMs: 600_000 });
}
const demo = await demonstration('timing-gate', { persons: Number(values.persons) });

// The log on a file system in memory: the disk's syncs would hide what is looked for. The registry
// stays on the disk, so that its pages can be taken out of the cache.
const memory = mkdtempSync('/dev/shm/dancu-timing-');
process.on('exit', () => {
    rmSync(memory, { recursive: true, force: true });
    demo.remove();
});
await must('cp', ['-a', '--sparse=always', demo.home, path.join(memory, 'home')]);
rmSync(path.join(memory, 'home/registry.db'));
symlinkSync(path.join(demo.home, 'registry.db'), path.join(memory, 'home/registry.db'));
const people = path.join(memory, 'people.tsv');
const lines = [];
for await (const person of demo.people()) {
    const residence = person.permanent_residence;
    if (person.protected && !person.locked && person.birth_date.length === 10 &&
        residence?.province === '79' && residence.list < '2025-07-01') {
        lines.push([person.id, person.full_name, otherName(person.full_name), person.birth_date,
            otherDate(person.birth_date)].join('\t'));
    }
}
writeFileSync(people, `${lines.join('\n')}\n`);
const args = (mode, ...more) => ['--home', path.join(memory, 'home'), '--keys', demo.keys,
    '--people', people, '--mode', mode, '--service', values.service, ...more];
writeFileSync(people, (await must(program, args('find'))).stdout);
const say = (text) => process.stdout.write(text);
say(`${readFileSync(people, 'utf8').split('\n').length - 1} people of ${values.persons}, ` +
    'the same for every reason\n');

// Groups of one measurement a class, side by side: what a slice gave.
async function slice(mode, seconds) {
    const { stdout } = await must(program, args(mode, '--seconds', String(seconds),
        '--chunk', String(CHUNK)), { timeoutMs: (seconds + 120) * 1000 });
    const rows = stdout.trimEnd().split('\n').map((line) => {
        const [reason, , asks, wall, cpu, minor, major, blocks, left] = line.split('\t');
        return {
            reason, wall: wall / asks / 1000, cpu: cpu / asks / 1000, minor: Number(minor),
            major: Number(major), blocks: Number(blocks), left: Number(left),
        };
    });
    const groups = [];
    for (let i = 0; i + CLASSES.length <= rows.length; i += CLASSES.length) {
        groups.push(Object.fromEntries(rows.slice(i, i + CLASSES.length)
            .map((row) => [row.reason, row])));
    }
    return groups;
}

const series = (groups, what) => groups.map((group) =>
    Object.fromEntries(CLASSES.map((reason) => [reason, group[reason][what]])));

function tellTime(groups, what, title) {
    const times = series(groups, what);
    say(`${title}, microseconds an ask, ${times.length} measurements each\n`);
    for (const reason of CLASSES) {
        const list = times.map((group) => group[reason]);
        say(`  ${reason.padEnd(11)} median ${median(list).toFixed(2)}  p10 ${
            quantile(list, 0.1).toFixed(2)}  p90 ${quantile(list, 0.9).toFixed(2)}\n`);
    }
    say('  differences: median, 95 % interval, smallest that 80 % of such runs would show\n');
    say(pairTable(pairs(CLASSES, times)));
}

const power = (groups, what) => Math.max(...pairs(REASONS, series(groups, what))
    .map((row) => row.detectable));

// Slices until the power is there or the time is over.
async function measure(mode, what) {
    const end = Date.now() + Number(values.minutes) * 60_000;
    const groups = [];
    do {
        const left = Math.max(5, Math.min(SLICE_S, (end - Date.now()) / 1000));
        groups.push(...await slice(mode, Math.round(left)));
    } while (Date.now() < end && (groups.length < 100 ||
        power(groups, what) > Number(values.until)));
    return groups;
}

function tellPages(groups) {
    const mean = (reason, what) =>
        groups.reduce((sum, group) => sum + group[reason][what], 0) / groups.length;
    say('pages read from the registry (major faults, one page a read) and 512-byte blocks, mean\n');
    for (const reason of CLASSES) {
        say(`  ${reason.padEnd(11)} ${mean(reason, 'major').toFixed(3)}  ${
            mean(reason, 'blocks').toFixed(2)}\n`);
    }
    const equal = groups.filter((group) => REASONS.every((reason) =>
        group[reason].major === group[REASONS[0]].major)).length;
    say(`  the same number for all five reasons: ${equal} of ${groups.length}\n`);
}

// A dump of callgrind: its reason, and the instructions of each function by itself, an ask.
function readDump(text, names) {
    const reason = /^desc: Trigger: Client Request: (\w+)/m.exec(text)?.[1];
    const costs = new Map();
    let name;
    let called = false;
    for (const line of text.split('\n')) {
        const [, kind, id, told] = /^(c?fn)=\((\d+)\)(?: (.*))?$/.exec(line) ?? [];
        if (told !== undefined) {
            names.set(id, told); // once; in later dumps the number stands alone
        }
        if (kind === 'fn') {
            name = names.get(id) ?? id;
        } else if (line.startsWith('calls=')) {
            called = true; // the next line is what the callee cost
        } else if (/^[-+*\d]/.test(line)) {
            const cost = called ? 0 : Number(line.split(' ').at(-1)) / CHUNK;
            costs.set(name, (costs.get(name) ?? 0) + cost);
            called = false;
        }
    }
    return { reason, costs };
}

function meanOf(list) {
    const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
    const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (list.length - 1);
    return { mean, error: Math.sqrt(variance / list.length) };
}

// What costs the same each time, and the functions in which it differs from reason to reason.
function tellFunctions(dumps) {
    const functions = new Set(dumps.flatMap((dump) => [...dump.costs.keys()]));
    const rows = [...functions].map((name) => {
        const means = REASONS.map((reason) => meanOf(dumps
            .filter((dump) => dump.reason === reason).map((dump) => dump.costs.get(name) ?? 0)));
        const spread = Math.max(...means.map((m) => m.mean)) -
            Math.min(...means.map((m) => m.mean));
        return { name, means, spread, steady: means.every((m) => m.error < STEADY) };
    });
    const steady = rows.filter((row) => row.steady);
    const sums = REASONS.map((_, i) => steady.reduce((sum, row) => sum + row.means[i].mean, 0));
    say(`of these in the ${steady.length} of ${rows.length} functions that cost the same each time ` +
        `(standard error below ${STEADY}), more than ${REASONS[0]}:\n  ${REASONS.map((reason, i) =>
            `${reason} ${(sums[i] - sums[0]).toFixed(0)}`).join('  ')}\n`);
    for (const row of rows.sort((a, b) => b.spread - a.spread).slice(0, FUNCTIONS_TOLD)) {
        say(`  ${row.name.slice(0, 32).padEnd(32)} ${row.means.map((m) =>
            `${m.mean.toFixed(1)} (${m.error.toFixed(1)})`.padStart(18)).join('')}\n`);
    }
}

async function count() {
    const folder = path.join(memory, 'callgrind');
    mkdirSync(folder);
    await must('valgrind', ['--tool=callgrind', '--collect-atstart=no',
        `--callgrind-out-file=${folder}/out`, program, ...args('count', '--rounds', values.rounds,
            '--seconds', String(60 * Number(values.minutes)), '--chunk', String(CHUNK))],
    { timeoutMs: (60 * Number(values.minutes) + 300) * 1000 });
    const names = new Map();
    const number = (name) => Number(name.split('.').at(-1)) || 0;
    const dumps = readdirSync(folder).sort((a, b) => number(a) - number(b))
        .map((name) => readDump(readFileSync(path.join(folder, name), 'utf8'), names))
        .filter((dump) => dump.reason !== undefined);
    say('instructions an ask (callgrind): mean, standard error\n');
    for (const reason of CLASSES) {
        const { mean, error } = meanOf(dumps.filter((dump) => dump.reason === reason)
            .map((dump) => [...dump.costs.values()].reduce((sum, cost) => sum + cost, 0)));
        say(`  ${reason.padEnd(11)} ${mean.toFixed(0)}  ${error.toFixed(0)}\n`);
    }
    tellFunctions(dumps);
}

if (values.count) {
    await count();
}
if (values.warm) {
    const groups = await measure('warm', 'cpu');
    tellTime(groups, 'cpu', 'warm, processor time');
    tellTime(groups, 'wall', 'warm, time on the wall');
}
if (values.cold) {
    const groups = await measure('cold', 'cpu');
    say(`cold: pages of the registry that eviction left, at most: ${
        Math.max(...groups.flatMap((group) => CLASSES.map((reason) => group[reason].left)))}\n`);
    tellPages(groups);
    tellTime(groups, 'cpu', 'cold, processor time');
    tellTime(groups, 'wall', 'cold, time on the wall');
}
