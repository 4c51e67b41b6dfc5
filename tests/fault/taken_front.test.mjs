// A taken front end: a server whose edges (but one) and public process run hostile code after their
// rights were applied. Everything that they try is refused, recorded where an account is known, and
// survived; a good client at the one edge that is not taken keeps its answers.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { residenceAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { buildHostile, must, sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { tally } from '../e2e/lib/load.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { residentKib } from '../e2e/lib/proc.mjs';
import { addBusiness } from '../e2e/lib/rights.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { quantile } from '../e2e/lib/stats.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';

const EDGES = 11; // the last is not taken
const SIGNAL_FIRST = 34; // SIGRTMIN
const DIGITS = 15;
const LIVED_MS = 2100; // who dies sooner is started again later and later
const WORD_MS_MAX = 15_000;
const WORD_LATE_MS = 500;
const FLOOD_QUOTA = 2000;
const CORE_GROWTH_KIB_MAX = 256 * 1024;
const ANSWER_MS_MAX = 5000; // of the good client, while all this goes on

const DROPPED = /^pipe dropped$/;
const STANDS = /^pipe stands$/;
const KILLED = /^killed by its filter/;
const REFUSED = /^refused: E(ACCES|NOENT|PERM)$/;
const TAKEN = /^pipe (stands|dropped), \d+ KiB taken$/;
const code = (word, count) => new RegExp(`^pipe stands, ${word} ${count}$`);

// What each attack of an edge must meet; those that are not named, a dropped pipe.
const edgeMeets = {
    'a frame of no asks': STANDS,
    'half a header, then silence': STANDS,
    'half a frame, then silence': STANDS,
    'an ask of an unknown account': code('unauthenticated', 1),
    'a business that nobody has': code('business_not_granted', 1),
    'a business of another party': code('business_not_granted', 1),
    'a field beyond the business': code('field_not_granted', 1),
    'an ask for another party': code('business_not_granted', 1),
    'a name of two lines': code('subject_not_available', 1),
    'an ask without a case': code('case_missing', 1),
    'an ask to keep a copy': code('permit_missing', 1),
    'an ask about nobody': code('subject_not_available', 1),
    'three asks on a quota of one': /^pipe stands, disclosed 1, quota_exceeded 2$/,
    'an ask within the account\'s rights': code('disclosed', 1), // recorded; SECURITY.md says so
    'a flood of empty frames': TAKEN,
    'a flood of an unknown account, unread': TAKEN,
    'a flood of refusals, unread': TAKEN,
    'a flood of good asks, unread': TAKEN,
    'a flood of frames of one ask, unread': TAKEN,
    '5,000 descriptors': STANDS,
    'a peer for the supervisor': /^not listened to$/,
    'a second readiness': /^not listened to$/,
    '20,000 forged log lines': /^lines without control characters$/,
};
const callMeets = (name) => (/^(open|make a file|write) ?/.test(name) ? REFUSED : KILLED);

// Lines of the server, as they come.
class Lines {
    all = [];
    #rest = '';
    forged = []; // lines of a taken process that do not stand behind its own name
    floods = 0; // those that do

    take(bytes) {
        const lines = (this.#rest + bytes).split('\n');
        this.#rest = lines.pop();
        for (const line of lines) {
            if (/ (hostile-|process-gone|peer-broken|process-broken)/.test(line)) {
                this.all.push(line);
            }
            assert.doesNotMatch(line, /[\x00-\x1f\x7f]/, 'no control character is relayed');
            if (line.includes(']0;taken')) {
                const own = /^\S+ warn (edge-\d+|public) said /.test(line);
                this.floods += own ? 1 : 0;
                this.forged.push(...(own ? [] : [line]));
            }
        }
    }
}

const FLOOD_LINES_MAX = 5000; // 2,000 at once, 200 a second
const short = (name) => name.replace(' ', '-');

const ends = /^(pipe dropped|killed|status)/; // whoever has met that takes no other order
const ended = new Set(); // their pids

// One attack by the process of that name, once it has lived long enough: what it met.
async function attack(server, lines, process_, number) {
    const row = await until(`${process_} lives`, async () => {
        const found = await server.process(process_);
        return found?.state === 'serving' && found.uptime_ms > LIVED_MS && !ended.has(found.pid) &&
            found;
    }, { everyMs: 200, timeoutMs: 30_000 });
    const from = lines.all.length;
    try {
        process.kill(row.pid, SIGNAL_FIRST + Math.floor(number / DIGITS));
        process.kill(row.pid, SIGNAL_FIRST + DIGITS + (number % DIGITS));
    } catch (error) {
        if (error.code === 'ESRCH') { // it has died since: its successor takes the order
            return attack(server, lines, process_, number);
        }
        throw error;
    }
    const met = new RegExp(`hostile-met number=${number} what="(.*)"`);
    const gone = new RegExp(`process-gone process="dancu: ${process_}" pid=${row.pid} (.*)$`);
    let goneMs; // its own word may come after the supervisor's about its end
    const word = await until(`what ${process_} met`, () => {
        const its = lines.all.slice(from).filter((line) =>
            line.includes(short(process_)) || line.includes(process_));
        const first = (pattern) => its.map((line) => pattern.exec(line)).find((told) => told !== null);
        const end = first(gone);
        goneMs ??= end && Date.now();
        const told = first(met) ?? (Date.now() - goneMs > WORD_LATE_MS ? end : undefined);
        if (told === undefined) {
            return null;
        }
        const filter = /\((killed by its filter[^)]*)\)/.exec(told[1]);
        return filter?.[1] ?? told[1].replace(/^signal/, 'killed: signal');
    }, { everyMs: 20, timeoutMs: WORD_MS_MAX }).catch(() => 'no word');
    if (ends.test(word)) {
        ended.add(row.pid);
    }
    return word;
}

// A client that does nothing wrong, and how long each of its answers took.
async function goodClient(server, demo, person, state) {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });
    while (!state.stop) {
        const begun = performance.now();
        const answer = await client.lookup(residenceAsk(person));
        state.took.push(performance.now() - begun);
        state.statuses.push(answer.status);
        await sleep(10);
    }
    await client.close();
}

async function outcomes(demo) {
    const ledger = path.join(demo.home, 'ledger');
    const note = readFileSync(path.join(ledger, 'checkpoint'), 'utf8');
    const { size } = readCheckpoint(note, demo.vkey);
    const entries = await readEntries((name) => readFileSync(path.join(ledger, name)), size);
    return tally(entries.map((entry) => JSON.parse(entry).outcome));
}

function show(t, rows) {
    const width = Math.max(...rows.map(([name]) => name.length));
    t.diagnostic(`${'tried'.padEnd(width)}  by      met`);
    for (const [name, by, met] of rows) {
        t.diagnostic(`${name.padEnd(width)}  ${by.padEnd(6)}  ${met}`);
    }
}

test('a taken front end takes nothing, stops nobody, and leaves its asks in the log', async (t) => {
    const program = await buildHostile();
    const names = (await must(program, ['attacks'])).stdout.trimEnd().split('\n');
    const firstCall = names.indexOf('open /etc/passwd');
    const demo = await demonstration('taken');
    const samples = demo.samples();
    const person = samples[0];
    const resident = samples.find((one) => one.permanent_residence?.province === '79') ?? samples[0];
    const { publicKey } = new X509Certificate(demo.client('bank').cert);
    const digest = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' }));
    writeFileSync(path.join(demo.dir, 'seen.txt'), `${digest.digest('hex')} ${person.id} ` +
        `${person.birth_date} ${person.full_name}\n`);
    const lines = new Lines();
    const server = await serve(demo, { edges: EDGES, program, onSaid: (text) => lines.take(text) });
    const good = { stop: false, took: [], statuses: [] };
    const rows = [];
    let before;
    let core;
    try {
        before = await outcomes(demo);
        await addBusiness(demo, 'T-FLOOD', 'bank', { quota: FLOOD_QUOTA });
        core = await server.process('core');
        core.kib = residentKib(core.pid);
        core.fds = readdirSync(`/proc/${core.pid}/fd`).length;
        const client = goodClient(server, demo, resident, good);
        const left = names.map((name, number) => ({ name, number }));
        const work = async (name, list) => {
            for (let next = list.shift(); next !== undefined; next = list.shift()) {
                rows.push([next.name, name, await attack(server, lines, name, next.number)]);
            }
        };
        const byPublic = left.filter(({ name, number }) => number >= firstCall && number % 3 === 0 ||
            ['an act', 'an ask within the account\'s rights', 'a frame of no asks'].includes(name));
        await Promise.all([work('public', byPublic),
            ...Array.from({ length: EDGES - 1 }, (_, i) => work(`edge ${i + 1}`, left))]);
        await sleep(500);
        good.stop = true;
        await client;
    } catch (error) {
        good.stop = true;
        await server.stop();
        throw error;
    }
    const after = await server.process('core');
    const kib = residentKib(after.pid);
    const fds = readdirSync(`/proc/${after.pid}/fd`).length;
    rows.sort(([a], [b]) => names.indexOf(a) - names.indexOf(b));
    show(t, rows);
    t.diagnostic(JSON.stringify({
        attacks: rows.length, core_kib: [core.kib, kib], good: tally(good.statuses),
        good_ms: { median: quantile(good.took, 0.5), p99: quantile(good.took, 0.99),
            most: Math.max(...good.took) },
    }));
    const how = await server.stop();
    const recorded = await outcomes(demo);
    t.diagnostic(JSON.stringify({ recorded }));
    for (const [name, by, met] of rows) {
        const number = names.indexOf(name);
        const wanted = number >= firstCall ? callMeets(name) :
            by === 'public' ? DROPPED : edgeMeets[name] ?? DROPPED;
        assert.match(met, wanted, `${by}: ${name}`);
    }
    assert.deepEqual(lines.forged, [], 'nobody speaks in another\'s name');
    assert.ok(lines.floods > 0 && lines.floods < FLOOD_LINES_MAX, `${lines.floods} of 20,000 lines`);
    assert.equal(after.pid, core.pid, 'the core is the one that was there');
    assert.equal(after.restarts, 0);
    assert.ok(kib - core.kib < CORE_GROWTH_KIB_MAX, `the core grew by ${kib - core.kib} KiB`);
    assert.ok(fds <= core.fds + 2, `${core.fds} descriptors before, ${fds} after`);
    assert.deepEqual(Object.keys(tally(good.statuses)), ['200'], 'a good client has its answers');
    assert.ok(Math.max(...good.took) < ANSWER_MS_MAX);
    for (const [outcome, least] of [['quota_exceeded', 2], ['business_not_granted', 3],
        ['field_not_granted', 1], ['case_missing', 1], ['permit_missing', 1],
        ['subject_not_available', 1]]) {
        assert.ok(recorded[outcome] >= (before[outcome] ?? 0) + least, `${outcome} is in the log`);
    }
    assert.equal(recorded['business.grant'], before['business.grant'] + 1, 'no act by a pipe');
    assert.deepEqual(how, { status: 0, signal: null }, server.said);
    const verified = await demo.dancu(['ledger', 'verify']);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    demo.remove();
});
