// Import of people while the server runs, in whatever goes wrong. The command tests/fault/import
// makes it large, kills it at random and compares what it came to.
import assert from 'node:assert/strict';
import {
    closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync,
    statfsSync, writeFileSync, writeSync,
} from 'node:fs';
import { connect as connectTo } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { kycAsk, residenceAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { isRoot, must, run, sleep, until, workFolder } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { peopleFile, settle, startImport } from './import.mjs';

const PERSONS = 24_000; // twelve chunks: long enough to be cut off on a quick machine
const MOUNT_MIB = 1024;
const ROOM_LEFT = 250 << 20; // a little less than the loader leaves to the server
const folder = path.join(workFolder, 'run', `import-${process.pid}`);
let mounted = false;
let demo;
let server;
let samples;
let file;
let reference; // what the large file comes to

const at = (name) => path.join(folder, name);
const rejectsOf = (name) => readFileSync(at(name), 'utf8').split('\n').slice(0, -1);
const imported = (name, ...args) => demo.dancu(['registry', 'import', at(name), ...args]);
const counts = ({ stdout }) => JSON.parse(stdout.trim());
const loader = () => server.process('loader');

before(async () => {
    mkdirSync(folder, { recursive: true });
    mounted = isRoot && (await run('mount', ['-t', 'tmpfs', '-o', `size=${MOUNT_MIB}m`,
        'dancu-test', folder])).status === 0;
    demo = await demonstration('import', { into: path.join(folder, 'demo') });
    server = await serve(demo);
    samples = demo.samples();
    file = await peopleFile(PERSONS, 4242);
});
after(async () => {
    await server?.stop();
    if (mounted) {
        await must('umount', [folder]);
    }
    rmSync(folder, { recursive: true, force: true });
});

const full = (person) => ({ ...person, protected: false, locked: false });
const someone = (number, more) => ({
    ...full(samples[0]), id: `0790909${String(80_000 + number)}`, cmnd: null,
    full_name: 'Người Mới', birth_date: '1990-01-02', sex: '1', household: null, relatives: null,
    ...more,
});
const write = (name, lines) => writeFileSync(at(name), Buffer.concat(lines.map((line) =>
    Buffer.concat([Buffer.isBuffer(line) ? line : Buffer.from(typeof line === 'string' ? line :
        JSON.stringify(line)), Buffer.from('\n')]))));

async function asked(name, ask) {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(name) });
    try {
        return await client.lookup(ask);
    } finally {
        await client.close();
    }
}

test('good lines are loaded and bad ones told by number, column and reason, never by content',
    async () => {
        const long = JSON.stringify(someone(9, { full_name: 'Dài' }));
        write('mixed.ndjson', [
            someone(1), '{"id":"079090999999"', Buffer.from([0x7b, 0xff, 0xfe]), someone(1),
            long + ' '.repeat(65536 - Buffer.byteLength(long)), `"${'Bí-Mật'.repeat(20_000)}"`, '',
            someone(2),
        ]);
        const how = await imported('mixed.ndjson', '--json');
        assert.equal(how.status, 1, how.stderr);
        assert.deepEqual(counts(how), { added: 3, bad: 4, changed: 0, lines: 8, unchanged: 0 });
        const rejects = rejectsOf('mixed.ndjson.rejects').map((line) => line.split('\t'));
        assert.deepEqual(rejects.map(([line]) => Number(line)), [2, 3, 4, 6]);
        assert.ok(rejects.every((parts) => parts.length === 3 && Number(parts[1]) >= 1));
        assert.match(rejects[2][2], /stands on line 1 already/);
        assert.ok(!how.stderr.includes('Bí') && !how.stderr.includes('Người'), how.stderr);
        const answer = await asked('bank', kycAsk(someone(2), { fields: ['full_name'] }));
        assert.equal(answer.json.person?.full_name, 'Người Mới', answer.text);
        write('corrected.ndjson', [someone(3)]);
        const again = await imported('corrected.ndjson');
        assert.equal(again.status, 0, again.stderr);
        assert.ok(!existsSync(at('corrected.ndjson.rejects')), 'no bad line, no reject file');
    });

test('an empty file is an import of nobody; a packed or binary one is refused line by line',
    async () => {
        write('empty.ndjson', []);
        assert.equal((await imported('empty.ndjson')).status, 0);
        writeFileSync(at('packed.ndjson'), gzipSync(readFileSync(file).subarray(0, 100_000)));
        const packed = await imported('packed.ndjson', '--json');
        assert.equal(packed.status, 1);
        assert.equal(counts(packed).added, 0);
        assert.ok(counts(packed).bad > 0);
    });

test('a reject file that cannot be written is noticed before anything is loaded', async () => {
    write('unwritten.ndjson', [someone(4)]);
    const how = await imported('unwritten.ndjson', '--rejects', '/proc/nowhere/rejects');
    assert.equal(how.status, 1);
    assert.equal((await asked('bank', kycAsk(someone(4)))).status, 404);
});

test('who is protected by a chunk is in no household from the chunk on, and comes back after',
    async () => {
        const head = samples.find((person) => person.household?.members.length > 1 &&
            person.permanent_residence?.province === '79' && person.household.members.some(
            (one) => one.id && one.id !== person.id));
        const other = head.household.members.find((one) => one.id && one.id !== head.id);
        let person;
        for await (const one of demo.people()) {
            if (one.id === other.id) {
                person = one;
                break;
            }
        }
        const members = async () => {
            const answer = await asked('hcm-onestop', residenceAsk(head));
            return answer.json.person.household.members.map((one) => one.id);
        };
        assert.ok((await members()).includes(other.id));
        write('hide.ndjson', [{ ...person, protected: true }]);
        assert.equal((await imported('hide.ndjson')).status, 0);
        assert.ok(!(await members()).includes(other.id));
        write('show.ndjson', [person]);
        assert.equal((await imported('show.ndjson')).status, 0);
        assert.ok((await members()).includes(other.id));
    });

test('garbage on its socket is dropped, and the loader lives', async () => {
    const { pid } = await loader();
    for (const bytes of [Buffer.alloc(4000, 0xff), Buffer.from('GET / HTTP/1.1\r\n\r\n'),
        Buffer.from([0, 0, 0, 3, 17, 1, 0, 1, 0, 0, 0]), // an order without descriptors
        Buffer.from([0, 0, 0, 0, 5, 1, 0, 1])]) { // an act
        await new Promise((resolve) => {
            const socket = connectTo(path.join(demo.home, 'loader.sock'));
            socket.on('error', () => {}).on('close', resolve).resume();
            socket.write(bytes);
        });
    }
    assert.equal((await loader()).pid, pid);
});

test('one import at a time; a file that is not the one begun is refused; --restart begins anew',
    async () => {
        const first = startImport(demo, [file, '--name', 'big', '--rejects', at('big.tsv')]);
        await until('a chunk of the first import is stored, and the next begun', () =>
            existsSync(at('big.tsv')) && rejectsOf('big.tsv').length > 2);
        const second = await imported('corrected.ndjson');
        assert.equal(second.status, 1);
        assert.match(second.stderr, /another import is running/);
        first.child.kill('SIGKILL'); // who asked is gone: it ends behind a chunk
        await first.ended;
        await until('the loader is free', async () =>
            (await imported('corrected.ndjson')).status === 0);
        const changed = await imported('corrected.ndjson', '--name', 'big', '--rejects',
            at('big.tsv'));
        assert.equal(changed.status, 1);
        assert.match(changed.stderr, /another file/);
        assert.equal((await imported('corrected.ndjson', '--name', 'big', '--restart')).status, 0);
    });

test('a full disk cuts an import off and nothing is lost; then it goes on', async (t) => {
    if (!mounted) {
        t.skip('a file system of its own cannot be mounted here');
        return;
    }
    const filler = openSync(at('filler'), 'w');
    const block = Buffer.alloc(1 << 20, 1);
    const { bavail, bsize } = statfsSync(folder);
    for (let left = bavail * bsize - ROOM_LEFT; left > 0; left -= block.length) {
        writeSync(filler, block);
    }
    const cut = await demo.dancu(['registry', 'import', file, '--rejects', at('rejects.tsv')]);
    assert.equal(cut.status, 3, cut.stderr);
    assert.match(cut.stderr, /no-space[^]*the same command goes on/);
    assert.equal((await asked('bank', kycAsk(samples[1]))).status, 200, 'who asks is served');
    closeSync(filler);
    rmSync(at('filler'));
});

test('SIGTERM in the middle stops cleanly, and the same command goes on without a server', async () => {
    const before = rejectsOf('rejects.tsv').length;
    const going = startImport(demo, [file, '--rejects', at('rejects.tsv')]);
    await until('a chunk is loaded, of many', () => rejectsOf('rejects.tsv').length > before);
    assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
    const cut = await going.ended;
    assert.equal(cut.status, 3, cut.stderr);
    const how = await demo.dancu(['registry', 'import', file, '--rejects', at('rejects.tsv'),
        '--json']);
    assert.equal(how.status, 1, how.stderr);
    assert.equal(counts(how).bad, rejectsOf('rejects.tsv').length);
    const { dump } = await settle(demo, at('rejects.tsv'));
    reference = dump;
    server = await serve(demo);
});

test('a second run of all of it changes nothing, though everything is killed once', async () => {
    let victims = ['loader', 'core'];
    let how;
    for (let runs = 0; runs < 6 && how?.status !== 1; runs++) {
        const going = startImport(demo, [file, '--rejects', at('again.tsv')]);
        const [victim, ...rest] = victims;
        if (victim !== undefined) {
            victims = rest;
            await sleep(250);
            process.kill((await server.process(victim)).pid, 'SIGKILL');
        }
        how = await going.ended;
    }
    assert.equal(how.status, 1, how.stderr);
    assert.ok(victims.length < 2, 'somebody was killed in the middle');
    await until('all serve', async () => (await server.processes()).every((row) =>
        row.state === 'serving'));
    assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
    const { dump, rejects } = await settle(demo, at('again.tsv'));
    assert.equal(rejects, readFileSync(at('rejects.tsv'), 'utf8'));
    assert.equal(dump.tags, reference.tags);
    assert.equal(dump.counts.persons, reference.counts.persons);
});

// The log's segment in hand without room but for so many bytes, in a folder without room for another
// one: what is written behind the header's fields is their CRC32C (ledger/record.c).
const COMMIT_MIB = 40; // a segment has 64
const SEGMENT_SIZE_AT = 8 + 2 + 16 + 3 * 8;
const SEGMENT_CRC_AT = 508;

function crc32c(bytes) {
    let crc = 0xffffffff;
    for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) {
            crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
        }
    }
    return (crc ^ 0xffffffff) >>> 0;
}

function shorten(segment, room) {
    const bytes = readFileSync(segment);
    assert.equal(bytes.readUInt32BE(SEGMENT_CRC_AT), crc32c(bytes.subarray(0, SEGMENT_CRC_AT)));
    let used = bytes.length;
    while (bytes[used - 1] === 0) {
        used--;
    }
    const size = (Math.ceil(used / 512) * 512) + room;
    bytes.writeUInt32BE(size, SEGMENT_SIZE_AT);
    bytes.writeUInt32BE(crc32c(bytes.subarray(0, SEGMENT_CRC_AT)), SEGMENT_CRC_AT);
    writeFileSync(segment, bytes.subarray(0, size));
}

test('an import waits while the ledger has no room, and goes on by itself when it has', async (t) => {
    if (!mounted) {
        t.skip('a file system of its own cannot be mounted here');
        return;
    }
    const commit = path.join(demo.home, 'commit');
    const segment = (number) => path.join(commit, `${String(number).padStart(10, '0')}.seg`);
    const last = readdirSync(commit).filter((name) => name.endsWith('.seg')).length;
    rmSync(path.join(commit, 'spare'), { force: true });
    shorten(segment(last), 16 << 10);
    renameSync(commit, at('commit'));
    mkdirSync(commit);
    await must('mount', ['-t', 'tmpfs', '-o', `size=${COMMIT_MIB}m`, 'dancu-test', commit]);
    t.after(async () => {
        await server.stop();
        await must('umount', [commit]); // before its parent
    });
    await must('cp', ['-a', `${at('commit')}/.`, commit]);
    server = await serve(demo);
    const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
    await until('the log is full', async () =>
        (await asked('bank', kycAsk(samples[1]))).status === 503);
    write('waits.ndjson', Array.from({ length: 5000 }, (_, i) => someone(10_000 + i)));
    const going = startImport(demo, [at('waits.ndjson'), '--json']);
    await until('the import says that it waits', () => /waits: the ledger/.test(going.said()));
    await sleep(1500); // longer than its chunk needs to be asked for again
    assert.equal((await visitor.get('/healthz')).status, 503);
    assert.equal(going.child.exitCode, null, 'it is still there');
    assert.equal((await loader()).restarts, 0);
    await must('mount', ['-o', `remount,size=${4 * COMMIT_MIB}m`, commit]);
    const how = await going.ended;
    assert.equal(how.status, 0, how.stderr);
    assert.match(how.stderr, /^[^]*waits: the ledger cannot record the chunk now[^]*$/);
    await until('health is well', async () => (await visitor.get('/healthz')).status === 200);
    assert.equal((await asked('bank', kycAsk(someone(14_999)))).status, 200);
    await visitor.close();
    assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
    assert.ok(existsSync(segment(last + 1)), 'the next segment is begun');
    await settle(demo, at('rejects.tsv'));
});
