// A disk without room: for the next segment, 503 until there is; for the office's store, the act is
// in force and stored when there is room, once, and nobody else notices; for the registry, an import
// stops. When there is room again everything goes on, and nothing that was told is lost or doubled.
import assert from 'node:assert/strict';
import {
    existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyReceipt } from '../e2e/lib/answer.mjs';
import { kycAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { isRoot, must, run, sleep, until, workFolder } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { codeOf, flood, tally } from '../e2e/lib/load.mjs';
import { scrape } from '../e2e/lib/metrics.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';

const MOUNT_MIB = 1024;
const ROLLOVER_ROOM = 60 << 20; // a segment is 64 MiB
const ASKS_MAX = 120_000;
const ACTS_MAX = 40; // enough until the office's store has used up the blocks that it had
const folder = path.join(workFolder, 'run', `full-act-${process.pid}`);
const filler = path.join(folder, 'filler');
let demo;
let server;
let mounted = false;

before(async () => {
    mkdirSync(folder, { recursive: true });
    mounted = isRoot && (await run('mount', ['-t', 'tmpfs', '-o', `size=${MOUNT_MIB}m`,
        'dancu-test', folder])).status === 0;
    if (mounted) {
        demo = await demonstration('full-act', { into: path.join(folder, 'demo') });
        // The demonstration is copied with holes; a segment as it was laid out has all its blocks.
        const segment = path.join(demo.home, 'commit/0000000001.seg');
        await must('cp', ['-a', '--sparse=never', segment, `${segment}.dense`]);
        renameSync(`${segment}.dense`, segment);
    }
});
after(async () => {
    await server?.stop();
    if (mounted) {
        await must('umount', [folder]);
    }
    rmSync(folder, { recursive: true, force: true });
});

// Leaves no block free, or about so many bytes.
function fill(room = 0) {
    const { bavail, bsize } = statfsSync(folder);
    if (room > 0) {
        const block = Buffer.alloc(1 << 20, 1);
        for (let left = bavail * bsize - room; left > 0; left -= block.length) {
            writeFileSync(filler, block, { flag: 'a' });
        }
        return;
    }
    for (let size = 1 << 20; size >= bsize; size /= 2) {
        const block = Buffer.alloc(size, 1);
        for (let left = bavail * bsize + size; left > 0; left -= size) {
            try {
                writeFileSync(filler, block, { flag: 'a' });
            } catch (error) {
                assert.equal(error.code, 'ENOSPC');
                break;
            }
        }
    }
    assert.equal(statfsSync(folder).bavail, 0);
}

const party = (code) => ['party', 'add', '--code', code, '--class', 'other', '--kind', 'x', '--name', 'x'];

async function entries() {
    const ledger = path.join(demo.home, 'ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
    return readEntries((name) => readFileSync(path.join(ledger, name)), size);
}

const count = (found, outcome) =>
    found.filter((entry) => JSON.parse(entry).outcome === outcome).length;

const bank = () => new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });

// Every receipt in the log as it lies there after an end, and the log whole.
async function compare(kept) {
    const found = await entries();
    for (const body of kept) {
        const { index } = verifyReceipt(body, demo.vkey);
        assert.equal(found[index]?.toString(), body.receipt.entry, `entry ${index}`);
    }
    const { status, stdout, stderr } = await demo.dancu(['ledger', 'verify']);
    assert.equal(status, 0, stdout + stderr);
    return found;
}

test('where the next segment has no room: 503, and everything again when there is', async (t) => {
    if (!mounted) {
        t.skip('a file system of its own cannot be mounted here');
        return;
    }
    const samples = demo.samples();
    const kept = [];
    fill(ROLLOVER_ROOM); // for public files, not for a segment
    server = await serve(demo);
    const client = bank();
    const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
    let full = false;
    let asked = 0;
    const early = [];
    await flood(ASKS_MAX, 200, async (i) => {
        if (full) {
            return;
        }
        asked++;
        const answer = await client.lookup(kycAsk(samples[i % 100]));
        if (answer.status === 200) {
            if (i % 20 === 0) {
                kept.push(answer.json);
            }
        } else {
            assert.equal(codeOf(answer), 'ledger_unavailable');
            early.push(asked);
            full = early.length > 400;
        }
    });
    t.diagnostic(`503 after ${early[0]}, ${early[200]}, ${early.at(-1)} asks`);
    assert.ok(full, `${asked} asks did not fill the segment`);
    await until('health is 503', async () => (await visitor.get('/healthz')).status === 503);
    assert.equal((await visitor.get('/ledger/checkpoint')).status, 200);
    assert.equal((await visitor.get('/ledger/tile/0/000')).status, 200);
    rmSync(filler);
    await until('health is well', async () => (await visitor.get('/healthz')).status === 200);
    await until('asks are answered', async () => {
        const answer = await client.lookup(kycAsk(samples[0]));
        return answer.status === 200 && kept.push(answer.json);
    });
    // More than the old segment has place for.
    const more = await flood(600, 200, (i) => client.lookup(kycAsk(samples[i % 100])));
    assert.deepEqual(tally(more.map(codeOf)), { disclosed: 600 });
    assert.equal((await server.process('core')).restarts, 0);
    await client.close();
    await visitor.close();
    assert.deepEqual(await server.stop(), { status: 0, signal: null });
    server = undefined;
    assert.ok(existsSync(path.join(demo.home, 'commit/0000000002.seg')), 'the next segment is begun');
    await compare(kept);
});

test('on a full disk acts are in force or refused, never half done, and no process ends', async (t) => {
    if (!mounted) {
        t.skip('a file system of its own cannot be mounted here');
        return;
    }
    const first = count(await entries(), 'party.add');
    server = await serve(demo);
    const samples = demo.samples();
    const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
    const kept = [];
    const ask = async (i) => {
        const one = bank();
        const answer = await one.lookup(kycAsk(samples[i % 100])).catch(() => ({ status: 0 }));
        await one.close();
        if (answer.status === 200) {
            kept.push(answer.json);
        }
        return answer;
    };
    await flood(50, 10, ask);
    await sleep(2500); // all of it is published
    fill();
    const told = [];
    for (let i = 0; i < ACTS_MAX; i++) {
        told.push(await demo.dancu(party(`late-${i}`)));
    }
    assert.ok(told.some(({ status, stderr }) => status === 0 && /in force; office.db/.test(stderr)),
        'an act has no room in the store');
    assert.ok(told.every(({ status, stderr }) => status === 0 || /room|not recorded/.test(stderr)));
    const met = await flood(30, 10, ask);
    assert.ok(met.every(({ status }) => status === 200 || status === 503));
    t.diagnostic(`${told.filter(({ status }) => status === 0).length} of ${ACTS_MAX} acts were taken; ` +
        `asks: ${JSON.stringify(tally(met.map(codeOf)))}`);
    assert.equal((await visitor.get('/ledger/checkpoint')).status, 200);
    assert.equal((await server.process('core')).restarts, 0);
    rmSync(filler);
    await until('health is well', async () => (await visitor.get('/healthz')).status === 200);
    await until('asks are answered', async () => (await ask(0)).status === 200);
    await until('the office has room', async () =>
        (await scrape(server)).of('dancu_office_late_acts') === 0);
    for (let i = 0; i < told.length; i++) {
        const again = await demo.dancu(party(`late-${i}`));
        const there = again.status !== 0 && /already/.test(again.stderr);
        assert.equal(there, told[i].status === 0, again.stderr);
    }
    await visitor.close();
    assert.deepEqual(await server.stop(), { status: 0, signal: null });
    server = undefined;
    const found = await compare(kept);
    assert.equal(count(found, 'party.add'), first + told.length, 'each act is recorded once');
});

test('where the office alone has no room, a suspension is in force at once, and after a kill',
    async (t) => {
        if (!mounted) {
            t.skip('a file system of its own cannot be mounted here');
            return;
        }
        const apart = ['commit', 'ledger', 'derived'].map((name) => path.join(demo.home, name));
        for (const place of apart) { // what the ledger writes has room
            renameSync(place, `${place}.moved`);
            mkdirSync(place);
            await must('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'dancu-test', place]);
            await must('cp', ['-a', `${place}.moved/.`, place]);
        }
        t.after(async () => {
            await server?.stop();
            server = undefined;
            for (const place of apart) {
                await must('cp', ['-a', `${place}/.`, `${place}.moved`]);
                await must('umount', [place]);
                rmSync(place, { recursive: true });
                renameSync(`${place}.moved`, place);
            }
        });
        const before = (await entries()).length;
        server = await serve(demo);
        const samples = demo.samples();
        const ask = async (name) => {
            const one = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(name) });
            const answer = await one.lookup(kycAsk(samples[1])).catch(() => ({ status: 0 }));
            await one.close();
            return codeOf(answer);
        };
        const late = async () => (await scrape(server)).of('dancu_office_late_acts');
        fill();
        let done = 0;
        for (let told = ''; !/in force; office.db/.test(told); done++) {
            assert.ok(done < ACTS_MAX, 'an act has no room in the store');
            const { status, stderr } = await demo.dancu(party(`office-${done}`));
            assert.equal(status, 0, stderr);
            told = stderr;
        }
        await demo.act('account', 'suspend', 'bank', '--reason', 'x');
        assert.equal(await ask('bank'), 'account_blocked');
        const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
        assert.equal((await visitor.get('/healthz')).status, 200);
        await visitor.close();
        await until('two acts are late', async () => await late() === 2);
        process.kill((await server.process('core')).pid, 'SIGKILL');
        await until('the core is there again', async () => await ask('bank') !== undefined &&
            (await server.process('core')).state === 'serving');
        assert.equal(await ask('bank'), 'account_blocked');
        await until('two acts are late', async () => await late() === 2);
        await demo.act('account', 'resume', 'bank', '--reason', 'x');
        assert.equal(await ask('bank'), 'disclosed');
        rmSync(filler);
        await until('none is late', async () => await late() === 0);
        await demo.act('account', 'suspend', 'bank', '--reason', 'x');
        assert.deepEqual(await server.stop(), { status: 0, signal: null });
        server = await serve(demo);
        assert.equal(await ask('bank'), 'account_blocked');
        await demo.act('account', 'resume', 'bank', '--reason', 'x');
        assert.equal(await ask('bank'), 'disclosed');
        const again = await demo.dancu(party(`office-${done - 1}`));
        assert.match(again.stderr, /already/);
        assert.deepEqual(await server.stop(), { status: 0, signal: null });
        server = undefined;
        const acts = (await compare([])).slice(before).filter((entry) =>
            JSON.parse(entry).kind === 'act');
        assert.equal(acts.length, done + 4, 'each act is recorded once');
    });

test('an import without room stops, and goes on where it stood when there is room', async (t) => {
    if (!mounted) {
        t.skip('a file system of its own cannot be mounted here');
        return;
    }
    const file = path.join(workFolder, `full-${process.pid}.ndjson`);
    await demo.dancu(['seed', '--persons', '20000', '--seed', '77', '--out', file]);
    const before = count(await entries(), 'import.chunk');
    fill();
    const stopped = await demo.dancu(['registry', 'import', file]);
    t.diagnostic(`${stopped.status}: ${stopped.stderr.trim().split('\n').at(-1)}`);
    assert.notEqual(stopped.status, 0, 'no room is an error');
    rmSync(filler);
    const done = await demo.dancu(['registry', 'import', file]);
    assert.equal(done.status, 0, done.stderr);
    rmSync(file);
    const verified = await demo.dancu(['ledger', 'verify']);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    assert.ok(count(await entries(), 'import.chunk') > before);
});
