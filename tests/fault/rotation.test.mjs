// Another data key takes over while the server runs. The commands tests/fault/rotation and
// tests/e2e/rotation make it large, kill at random and measure.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { verifyReceipt } from '../e2e/lib/answer.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { root, run, sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { readVkey } from '../e2e/lib/note.mjs';
import { makeOfficers, proposalOf } from '../e2e/lib/officers.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { asked, isDone, kept as keptOf, settle, statusOf } from './rotation.mjs';

const PERSONS = 4000;
const PROTECTED_PERMILLE = 350; // as many as a demonstration picks are still there
let demo;
let server;
let kept;

before(async () => {
    demo = await demonstration('rotation', { persons: PERSONS, hidden: PROTECTED_PERMILLE });
    kept = keptOf(demo);
    registry((one) => {
        kept.mark = one.prepare('SELECT sealed FROM keys').get().sealed;
    });
    server = await serve(demo);
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

function database(file, use) {
    const one = new DatabaseSync(path.join(demo.home, file));
    use(one);
    one.close();
}
const registry = (use) => database('registry.db', use);

const nextKey = () => path.join(demo.keys, 'data.next.key');

test('nothing is ordered by hand for a key that the server does not have', async () => {
    const how = await demo.dancu(['key', 'retire', 'data']);
    assert.equal(how.status, 1);
    assert.match(how.stderr, /nothing to retire: never rotated/);
    assert.equal((await statusOf(demo)).data.next, null);
});

test('a rotation that is killed on the way goes on, and one that runs is not ordered again',
    async () => {
        const how = await demo.dancu(['key', 'rotate', 'data']);
        assert.equal(how.status, 0, how.stderr);
        assert.match(how.stdout, /key\.rotate recorded as entry \d+/);
        for (const victim of ['loader', 'core']) {
            await until('it has begun', async () => (await statusOf(demo)).persons_done > 0);
            process.kill((await server.process(victim)).pid, 'SIGKILL');
            await sleep(100);
        }
        await until('the core is back', async () => (await server.process('core')).pid > 0);
        if (!(await isDone(demo))) {
            const again = await demo.dancu(['key', 'rotate', 'data']);
            assert.equal(again.status, 1);
        }
    });

test('without the key that takes over no start goes on, and the refusal names its file', async () => {
    if (await isDone(demo)) {
        return; // on a quick machine
    }
    await server.stop();
    renameSync(nextKey(), `${nextKey()}.away`);
    const how = await demo.dancu(['scrub']);
    assert.notEqual(how.status, 0);
    assert.match(how.stdout + how.stderr, /data\.next\.key\) is not there|being sealed anew/);
    renameSync(`${nextKey()}.away`, nextKey());
    server = await serve(demo);
});

test('at the end everybody is there under the new key alone, and the old file is not needed',
    async () => {
        await until('all lies under the new key', () => isDone(demo), { timeoutMs: 60_000 });
        const again = await demo.dancu(['key', 'rotate', 'data']);
        assert.equal(again.status, 1);
        assert.match(again.stderr, /first `dancu key retire data`/);
        assert.equal((await asked(server, demo, demo.samples()[0])).status, 200);
        assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
        // As a backup of its last moments has it: the end is in the log, the register is not whole.
        registry((one) => {
            one.prepare('UPDATE keys SET sealed = ?').run(kept.mark);
            one.exec('UPDATE rotation SET whole = 0, upto = 1000, persons = 1000 WHERE which = 0');
        });
        const early = await demo.dancu(['key', 'retire', 'data']);
        assert.equal(early.status, 1);
        assert.match(early.stderr, /nothing to retire: under way/);
        server = await serve(demo);
        await until('the rest is done, too', () => isDone(demo), { timeoutMs: 60_000 });
        await until('its end is recorded again', () => server.said.includes(' key-rotated '));
        assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
        // As if the core had ended between the last of it and that record: registry, then office.
        for (const [file, sql] of [['registry.db', 'UPDATE rotation SET hash = zeroblob(32)'],
            ['office.db', 'UPDATE rotation SET whole = 1']]) {
            database(file, (one) => one.exec(sql));
            server = await serve(demo);
            await until(`${file} tells of it`, () => server.said.includes(' key-rotated '));
            assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
        }
        server = await serve(demo);
        await sleep(500);
        assert.ok(!server.said.includes(' key-rotated '), 'it is recorded once');
        assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
        await settle(demo, kept, { acts: ['key.rotate', ...Array(4).fill('key.rotated')] });
        assert.ok(existsSync(path.join(demo.keys, 'data.old.key')));
        server = await serve(demo);
        assert.equal((await asked(server, demo, demo.samples()[1])).status, 200);
        assert.equal((await statusOf(demo)).data.state, 'done');
    });

// What a stranger's auditor says of the public log; true where it cannot be had.
async function accepted(vkeyFile) {
    const built = await run(path.join(root, 'tools/build-tlogcheck'), []);
    assert.ok(built.status === 0 || built.status === 3, built.stderr); // 3: it is not here
    return built.status === 3 || (await run(built.stdout.trim(), ['-dir',
        path.join(demo.home, 'ledger'), '-vkey', `@${vkeyFile}`, '-strict'])).status === 0;
}

async function publishedKeys() {
    const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
    try {
        return (await visitor.get('/ledger/keys')).text.trimEnd().split('\n');
    } finally {
        await visitor.close();
    }
}

test('another signing key takes over at an entry: both sign until the former one is put away',
    async () => {
        const person = demo.samples()[2];
        const before = (await asked(server, demo, person)).json;
        assert.equal((await publishedKeys()).length, 1);
        const how = await demo.dancu(['key', 'rotate', 'sign']);
        assert.equal(how.status, 0, how.stderr);
        await until('it has taken over', () => isDone(demo, 'sign'));
        const lines = await publishedKeys();
        assert.equal(lines.length, 2);
        const from = Number(lines[1].split(' ')[1]);
        const vkey = readVkey(lines[1].split(' ')[0]);
        const during = (await asked(server, demo, person)).json;
        verifyReceipt(before, demo.vkey);
        assert.throws(() => verifyReceipt(before, vkey), /has not signed/);
        verifyReceipt(during, demo.vkey);
        verifyReceipt(during, vkey);
        process.kill((await server.process('core')).pid, 'SIGKILL');
        await until('it is back', async () => (await asked(server, demo, person)).status === 200);
        assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
        const newFile = path.join(demo.dir, 'new-vkey.txt');
        const allFile = path.join(demo.dir, 'keys.txt');
        writeFileSync(newFile, `${lines[1].split(' ')[0]}\n`);
        writeFileSync(allFile, `${lines.join('\n')}\n`);
        assert.ok(await accepted(demo.vkeyFile), 'by the former key');
        assert.ok(await accepted(newFile), 'by the new one');
        const signers = path.join(demo.home, 'signers');
        renameSync(signers, `${signers}.away`); // else the key that was replaced would go on
        await assert.rejects(serve(demo), /the signing key that has taken over is not in force/);
        renameSync(`${signers}.away`, signers);
        const retired = await demo.dancu(['key', 'retire', 'sign']);
        assert.equal(retired.status, 0, retired.stderr);
        server = await serve(demo);
        const back = path.join(demo.keys, 'sign.next.key');
        copyFileSync(path.join(demo.keys, 'sign.old.key'), back); // it has had its turn
        const again = await demo.dancu(['key', 'rotate', 'sign']);
        assert.equal(again.status, 1);
        assert.match(again.stderr, /has signed the log before/);
        rmSync(back);
        const after = (await asked(server, demo, person)).json;
        verifyReceipt(after, vkey);
        assert.throws(() => verifyReceipt(after, demo.vkey), /has not signed/);
        assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
        assert.ok(await accepted(newFile), 'by the new key alone');
        const home = await demo.dancu(['ledger', 'verify']);
        assert.equal(home.status, 0, home.stdout + home.stderr);
        const outside = await demo.dancu(['ledger', 'verify', '--dir',
            path.join(demo.home, 'ledger'), '--vkey', allFile]);
        assert.equal(outside.status, 0, outside.stdout + outside.stderr);
        for (const [answer, file, status] of [[before, allFile, 0], [after, allFile, 0],
            [before, newFile, 1], [after, demo.vkeyFile, 1]]) {
            const receipt = path.join(demo.dir, 'receipt.json');
            writeFileSync(receipt, JSON.stringify(answer.receipt));
            const said = await demo.dancu(['receipt', 'verify', receipt, '--vkey', file]);
            assert.equal(said.status, status, `${file}: ${said.stdout}${said.stderr}`);
        }
        assert.ok(from > 0);
    });

test('with officers nothing is ordered by hand, and one of them alone orders nothing', async () => {
    rmSync(path.join(demo.keys, 'data.old.key')); // the operator's
    const signers = await makeOfficers(demo);
    server = await serve(demo);
    const brought = await demo.dancu(['key', 'rotate', 'data']);
    assert.equal(brought.status, 0, brought.stderr);
    const [, fingerprint] = /data\.next\.key +([0-9a-f]{64})/.exec(brought.stdout);
    assert.match(brought.stdout, /two officers sign/);
    const sign = async (who, act, values) => {
        const client = new Http2Client({ port: server.port + 2, ca: demo.ca,
            ...signers[who].client });
        const jws = signers[who].act(act, values);
        const answer = await client.request({ method: 'POST', path: '/v1/acts', body: jws,
            headers: { 'content-type': 'application/jose' } });
        await client.close();
        return { jws, status: answer.status, json: answer.json };
    };
    const proposed = await sign('LAN', 'key.rotate', { code: 'data', fingerprint });
    assert.equal(proposed.status, 202, JSON.stringify(proposed.json));
    assert.equal((await statusOf(demo)).data.state, 'done', 'the one before');
    const approved = await sign('HOA', 'proposal.approve', { code: proposalOf(proposed.jws) });
    assert.equal(approved.status, 200, JSON.stringify(approved.json));
    await until('all lies under the new key', () => isDone(demo), { timeoutMs: 60_000 });
    assert.equal((await asked(server, demo, demo.samples()[3])).status, 200);
    const retired = await demo.dancu(['key', 'retire', 'data']);
    assert.equal(retired.status, 0, retired.stderr);
    assert.equal((await asked(server, demo, demo.samples()[4])).status, 200);
});
