// Flips bytes in every kind of file that a home and its keys consist of, one at a time, and asks
// each check what it says: a start (on a copy), `dancu scrub`, `dancu ledger verify`, `dancu policy
// check`. A flip is found, or changes nothing that is stored (the databases' rows are the same
// through a reader that shares no code with ours), or it is missed. After a check the flipped byte
// must still be flipped: nothing is mended in silence.
//   tests/fault/damage --flips N
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
    closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync, readSync, rmSync, statSync,
    writeFileSync, writeSync,
} from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { binary, must, root, run, workFolder } from '../e2e/lib/command.mjs';
import { filesBelow } from '../e2e/lib/damage.mjs';

const PEOPLE = 200;
const SECTOR = 512;

// The same numbers for the same seed.
function random(seed) {
    let state = BigInt(seed);
    return (below) => {
        state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
        return Number((state >> 33n) % BigInt(below));
    };
}

// ---- a home with something of everything ----

class Small {
    constructor(dir) {
        this.dir = dir;
        this.home = path.join(dir, 'home');
        this.keys = path.join(dir, 'keys');
        this.env = { DANCU_HOME: this.home, DANCU_KEYS: this.keys };
    }

    dancu(...args) {
        return run(binary, args, { env: this.env });
    }

    async act(...args) {
        const result = await this.dancu(...args);
        assert.equal(result.status, 0, `dancu ${args.join(' ')}: ${result.stderr}`);
        return result.stdout;
    }

    copy(name) {
        const other = new Small(path.join(path.dirname(this.dir), name));
        rmSync(other.dir, { recursive: true, force: true });
        return must('cp', ['-a', '--sparse=always', this.dir, other.dir]).then(() => other);
    }
}

async function makeHome(dir, acts) {
    const small = new Small(dir);
    const lines = path.join(dir, 'people.ndjson');
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    await small.act('init', '--origin', 'localhost/damage');
    await small.act('policy', 'publish', path.join(root, 'policy'));
    await small.act('seed', '--persons', String(PEOPLE), '--seed', '7', '--out', lines);
    await small.act('registry', 'import', lines);
    // Some are changed (former versions), some protected (hidden tags).
    const people = readFileSync(lines, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    people.forEach((person, i) => {
        person.religion = i % 4 === 0 ? null : person.religion;
        person.blood_group = i % 4 === 0 ? null : person.blood_group;
        person.protected = i % 7 === 0 ? true : person.protected;
    });
    writeFileSync(lines, people.map((person) => JSON.stringify(person)).join('\n'));
    await small.act('registry', 'import', lines);
    for (let i = 0; i < acts; i++) {
        await small.act('party', 'add', '--code', `party-${i}`, '--class', 'organisation', '--kind',
            'bank', '--name', `Đơn vị ${i}`);
    }
    return small;
}

// The same home after one more import and act whose pages are still in the write-ahead logs: a
// reader that stays keeps the last writer from putting them into the files.
async function makeLogged(from, name) {
    const small = await from.copy(name);
    const readers = ['registry.db', 'office.db'].map((file) => {
        const database = new DatabaseSync(path.join(small.home, file));
        database.prepare('SELECT count(*) FROM migration').get();
        return database;
    });
    const lines = path.join(small.dir, 'people.ndjson');
    const people = readFileSync(lines, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    writeFileSync(lines, people.slice(0, 60).map((person) =>
        JSON.stringify({ ...person, religion: null, ethnicity: null })).join('\n'));
    await small.act('registry', 'import', lines);
    await small.act('party', 'add', '--code', 'logged-1', '--class', 'organisation', '--kind', 'bank',
        '--name', 'Đơn vị');
    await small.act('party', 'add', '--code', 'logged-2', '--class', 'organisation', '--kind', 'bank',
        '--name', 'Đơn vị');
    const copied = await small.copy(`${name}-still`);
    readers.forEach((reader) => reader.close());
    for (const file of ['registry.db-wal', 'office.db-wal']) {
        assert.ok(statSync(path.join(copied.home, file)).size > 0, `${file} is empty`);
    }
    return copied;
}

// ---- what is stored, as another reader sees it ----

function rows(database, table, order) {
    return database.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).all();
}

// Copied with its log, so that looking leaves nothing behind.
function dump(home, file) {
    const aside = path.join(home, '..', 'looked-at.db');
    const tables = file === 'office.db'
        ? { object: 'kind, tag', applied: 'one', migration: 'number' }
        : {
            person: 'key', person_history: 'key, version', blind: 'tag', hidden: 'tag, key',
            search: 'tag, key', search_waits: 'one', chunk: 'number', keys: 'one', migration: 'number',
        };
    for (const ending of ['', '-wal', '-shm']) {
        rmSync(aside + ending, { force: true });
        if (ending !== '-shm' && existsSync(path.join(home, file + ending))) {
            copyFileSync(path.join(home, file + ending), aside + ending);
        }
    }
    const hash = createHash('sha256');
    try {
        const database = new DatabaseSync(aside);
        for (const [table, order] of Object.entries(tables)) {
            for (const row of rows(database, table, order)) {
                hash.update(Object.values(row).map((value) => value instanceof Uint8Array
                    ? Buffer.from(value).toString('hex') : String(value)).join('|') + '\n');
            }
        }
        hash.update(JSON.stringify(database.prepare(
            'SELECT type, name, sql FROM sqlite_schema ORDER BY name').all()));
        database.close();
        return hash.digest('hex');
    } catch (error) {
        return `unreadable: ${error.message}`;
    }
}

// ---- flips ----

function flipAt(file, at, mask) {
    const fd = openSync(file, 'r+');
    const byte = Buffer.alloc(1);
    assert.equal(readSync(fd, byte, 0, 1, at), 1);
    byte[0] ^= mask;
    writeSync(fd, byte, 0, 1, at);
    closeSync(fd);
    return byte[0];
}

function byteAt(file, at) {
    const fd = openSync(file, 'r');
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, at);
    closeSync(fd);
    return byte[0];
}

// Structural places first (all of them, when there is room), then a seeded sample.
function places(size, structural, flips, next) {
    const wanted = [...new Set(structural.filter((at) => at >= 0 && at < size))];
    while (wanted.length > Math.ceil(flips / 2)) {
        wanted.splice(next(wanted.length), 1);
    }
    while (wanted.length < Math.min(flips, size)) {
        const at = next(size);
        if (!wanted.includes(at)) {
            wanted.push(at);
        }
    }
    return wanted;
}

const range = (from, until) => Array.from({ length: until - from }, (_, i) => from + i);

// Headers of the file and of every page, and the pointers to cells behind them.
function pagePlaces(bytes, pageBytes) {
    const found = range(0, 100);
    for (let page = 0; page * pageBytes < bytes.length; page++) {
        const from = page * pageBytes + (page === 0 ? 100 : 0);
        found.push(...range(from, from + 40), (page + 1) * pageBytes - 1);
    }
    return found;
}

function segmentPlaces(bytes) {
    const found = [...range(0, SECTOR), bytes.length - 1];
    // Records begin at sectors: their headers and the first bytes of what they hold.
    for (let at = SECTOR; at < bytes.length && at < 400 * SECTOR; at += SECTOR) {
        found.push(...range(at, at + 24));
    }
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) {
        end--;
    }
    found.push(end - 1, end, end + 1, end + SECTOR, ...range(end + 4000, end + 4010));
    return found;
}

async function startSays(small) {
    const copy = await small.copy('started');
    const nobody = path.join(copy.dir, 'nobody.ndjson');
    writeFileSync(nobody, '');
    const result = await copy.dancu('registry', 'import', nobody);
    // It refuses; or the office lost acts, says so, and gets them from the log again.
    const told = result.status !== 0 || result.stderr.includes('office-behind');
    return { told, copy };
}

// ---- the kinds ----

const inHome = (file) => (small) => path.join(small.home, file);
const first = (folder, pattern) => (small) =>
    path.join(small.home, folder, filesBelow(path.join(small.home, folder), pattern).at(-1) ?? 'none');

const kinds = [
    { kind: 'segment', file: first('commit', /\.seg$/), structural: segmentPlaces, ledger: true },
    { kind: 'segment key', file: first('commit', /\.key$/), ledger: true },
    { kind: 'tile of hashes', file: first('ledger', /^tile\/0\//), ledger: true },
    { kind: 'tile above', file: first('ledger', /^tile\/1\//), ledger: true, optional: true },
    { kind: 'entry bundle', file: first('ledger', /^tile\/entries\//), ledger: true },
    { kind: 'checkpoint', file: inHome('ledger/checkpoint'), ledger: true },
    { kind: 'snapshot', file: first('derived', /snapshot/), ledger: true },
    {
        kind: 'registry.db', file: inHome('registry.db'), database: 'registry.db',
        structural: (bytes) => pagePlaces(bytes, 8192), more: 3,
    },
    {
        kind: 'registry.db-wal', file: inHome('registry.db-wal'), database: 'registry.db', logged: true,
        structural: (bytes) => range(0, 32).concat(pagePlaces(bytes.subarray(32), 8192 + 24)
            .map((at) => at + 32)),
    },
    {
        kind: 'office.db', file: inHome('office.db'), database: 'office.db',
        structural: (bytes) => pagePlaces(bytes, 4096), more: 2,
    },
    {
        kind: 'office.db-wal', file: inHome('office.db-wal'), database: 'office.db', logged: true,
        structural: (bytes) => range(0, 32).concat(pagePlaces(bytes.subarray(32), 4096 + 24)
            .map((at) => at + 32)),
    },
    ...['data', 'index', 'wrap', 'sign'].map((name) => ({
        kind: `key ${name}`, file: (small) => path.join(small.keys, `${name}.key`), start: true,
    })),
    { kind: 'origin', file: inHome('origin'), start: true },
];

// One flip: which checks found it; whether it changed anything.
async function tryFlip(small, row, file, at, mask, before) {
    const flipped = flipAt(file, at, mask);
    const found = [];
    const scrub = await small.dancu('scrub', '--json');
    if (scrub.status !== 0) {
        found.push('scrub');
        const told = scrub.stdout === '' ? scrub.stderr
            : JSON.parse(scrub.stdout).places.join('\n') + scrub.stderr;
        assert.ok(told.length > 0, `${row.kind} ${at}: found without a place`);
    }
    if (row.ledger && (await small.dancu('ledger', 'verify')).status !== 0) {
        found.push('ledger verify');
    }
    let healed = false;
    if (row.start || found.length === 0) {
        const { told, copy } = await startSays(small);
        if (told) {
            found.push('start');
        } else if (row.database) {
            healed = dump(copy.home, row.database) === before;
        }
    }
    assert.equal(byteAt(file, at), flipped, `${row.kind} ${at}: mended in silence`);
    const same = row.database !== undefined && found.length === 0 &&
        dump(small.home, row.database) === before;
    flipAt(file, at, mask);
    return { found, same, healed };
}

async function tryKind(small, row, flips, seed, table) {
    const next = random(seed);
    const file = row.file(small);
    if (row.optional && !existsSync(file)) {
        return;
    }
    const bytes = readFileSync(file);
    const before = row.database ? dump(small.home, row.database) : null;
    const result = { flips: 0, 'without effect': 0, replayed: 0, missed: [] };
    for (const at of places(bytes.length, row.structural?.(bytes) ?? range(0, 64),
        flips * (row.more ?? 1), next)) {
        const { found, same, healed } = await tryFlip(small, row, file, at, 1 << next(8), before);
        result.flips++;
        for (const check of found) {
            result[check] = (result[check] ?? 0) + 1;
        }
        if (found.length === 0 && same) {
            result['without effect']++;
        } else if (found.length === 0 && healed) {
            result.replayed++; // as after a crash: what the start makes good from the log
        } else if (found.length === 0) {
            result.missed.push(at);
        }
    }
    assert.deepEqual(readFileSync(file), bytes, `${row.kind}: put back`);
    table[row.kind] = result;
}

// The files that are published: the check that names their hash.
async function tryPolicy(small, flips, seed, table) {
    const next = random(seed);
    const folder = path.join(small.dir, 'policy');
    await must('cp', ['-a', path.join(root, 'policy'), folder]);
    const published = (await small.act('policy', 'check', folder)).trim();
    const result = { flips: 0, 'policy check': 0, 'without effect': 0, replayed: 0, missed: [] };
    for (const name of filesBelow(folder, /\.yaml$/)) {
        const file = path.join(folder, name);
        for (const at of places(statSync(file).size, [], flips, next)) {
            const mask = 1 << next(8);
            flipAt(file, at, mask);
            const { status, stdout } = await small.dancu('policy', 'check', folder);
            result.flips++;
            if (status !== 0 || stdout.trim() !== published) {
                result['policy check']++;
            } else {
                result.missed.push(`${name} ${at}`);
            }
            flipAt(file, at, mask);
        }
    }
    table['policy/*.yaml'] = result;
}

// Every kind, `flips` places each (more in the databases). Gives the table.
export async function damage(name, flips, { acts = 3, seed = 20261125, only } = {}) {
    const dir = path.join(workFolder, 'run', `${name}-${process.pid}`);
    const table = {};
    const small = await makeHome(path.join(dir, 'small'), acts);
    const logged = await makeLogged(small, 'logged');
    for (const [i, row] of kinds.entries()) {
        if (!only || only.test(row.kind)) {
            await tryKind(row.logged ? logged : small, row, flips, seed + i, table);
        }
    }
    await tryPolicy(small, Math.ceil(flips / 5), seed - 1, table);
    const scrub = await small.dancu('scrub');
    assert.equal(scrub.status, 0, `everything was put back: ${scrub.stdout}`);
    if (!process.env.DANCU_KEEP) {
        rmSync(dir, { recursive: true, force: true });
    }
    return table;
}

// As lines of a table for people.
export function lines(table) {
    const columns = ['flips', 'scrub', 'ledger verify', 'start', 'policy check', 'without effect',
        'replayed'];
    const head = `| file | ${columns.join(' | ')} | missed |`;
    return [head, `|${'---|'.repeat(columns.length + 2)}`,
        ...Object.entries(table).map(([kind, row]) =>
            `| ${kind} | ${columns.map((column) => row[column] ?? '').join(' | ')} | ` +
            `${row.missed.length} |`)].join('\n');
}
