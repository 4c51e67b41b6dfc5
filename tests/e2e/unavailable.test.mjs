// A ledger that cannot write (I2): nothing is answered, what needs no ledger keeps working, and all
// goes on when there is room again.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyAnswer, verifyProblem } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Http1Client, Http2Client } from './lib/client.mjs';
import { isRoot, must, run, sleep, until, workFolder } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { codeOf, flood, tally } from './lib/load.mjs';
import { scrape } from './lib/metrics.mjs';
import { serve } from './lib/server.mjs';

const MOUNT_MIB = 1024;
const ASKS_MAX = 120_000;
const folder = path.join(workFolder, 'run', `full-disk-${process.pid}`);
let demo;
let server;
let mounted = false;

before(async () => {
    if (!isRoot) {
        return;
    }
    mkdirSync(folder, { recursive: true });
    mounted = (await run('mount', ['-t', 'tmpfs', '-o', `size=${MOUNT_MIB}m`, 'dancu-test',
        folder])).status === 0;
    if (mounted) {
        demo = await demonstration('full-disk', { into: path.join(folder, 'demo') });
        server = await serve(demo);
    }
});
after(async () => {
    await server?.stop();
    if (mounted) {
        await must('umount', [folder]);
    }
    rmSync(folder, { recursive: true, force: true });
});

const filler = path.join(folder, 'filler');

// Leaves no block free.
function fill() {
    const { bavail, bsize } = statfsSync(folder);
    const block = Buffer.alloc(1 << 20, 1);
    for (let left = bavail * bsize; left > 0; left -= block.length) {
        try {
            writeFileSync(filler, block, { flag: 'a' });
        } catch (error) {
            assert.equal(error.code, 'ENOSPC');
            return;
        }
    }
}

test('a full disk: 503 for every ask, health says so, and nothing is lost when there is room again',
    async (t) => {
        if (!mounted) {
            t.skip('a file system of its own cannot be mounted here');
            return;
        }
        const samples = demo.samples();
        const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
        const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
        const disclosed = [];
        const ask = (i) => kycAsk(samples[i % 100]);
        fill();
        let full = false;
        let asked = 0;
        await flood(ASKS_MAX, 100, async (i) => {
            if (full) {
                return;
            }
            asked++;
            const answer = await client.lookup(ask(i));
            if (answer.status === 200) {
                if (disclosed.length < 2000) {
                    disclosed.push([ask(i), answer]);
                }
            } else {
                verifyProblem(answer, 503, 'ledger_unavailable');
                assert.ok(Number(answer.headers['retry-after']) > 0);
                full = true;
            }
        });
        assert.ok(full, `${asked} asks did not fill the disk`);
        await until('health is 503', async () => (await visitor.get('/healthz')).status === 503);
        await until('the figures say so', async () =>
            (await scrape(server)).of('dancu_ledger_writable') === 0);
        const answers = await flood(200, 50, (i) => client.lookup(ask(i)));
        assert.deepEqual(tally(answers.map(codeOf)), { ledger_unavailable: 200 });
        const old = new Http1Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
        verifyProblem(await old.lookup(ask(0)), 503, 'ledger_unavailable');
        await old.close();

        // What needs no ledger keeps working.
        assert.equal((await visitor.get('/ledger/checkpoint')).status, 200);
        assert.equal((await visitor.get('/')).status, 200);
        verifyProblem(await client.lookup({}), 400, 'bad_request');
        verifyProblem(await client.off.get('/nowhere'), 404, 'not_found');
        const act = await demo.dancu(['party', 'add', '--code', 'late', '--class', 'other',
            '--kind', 'x', '--name', 'x']);
        assert.equal(act.status, 1, 'no act without its record');

        rmSync(filler);
        await until('health is well', async () => (await visitor.get('/healthz')).status === 200);
        const again = await until('asks are answered', async () => {
            const answer = await client.lookup(ask(0));
            return answer.status === 200 && answer;
        });
        verifyAnswer(again, ask(0), demo.vkey, { party: 'bank', account: 'bank' });
        for (const [what, answer] of disclosed) {
            verifyAnswer(answer, what, demo.vkey, { party: 'bank', account: 'bank' });
        }
        await sleep(1500);
        for (const row of await server.processes()) {
            assert.equal(row.restarts, 0, `${row.process} did not die of it`);
        }
        await client.close();
        await visitor.close();
        assert.deepEqual(await server.stop(), { status: 0, signal: null });
        const { status, stdout, stderr } = await demo.dancu(['ledger', 'verify']);
        assert.equal(status, 0, stdout + stderr);
        t.diagnostic(`the disk was full after ${asked} asks`);
        server = undefined;
    });
