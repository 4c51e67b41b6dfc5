// A backup taken while people come in and clients ask, and homes that are made of it: the registry
// is equal, strangers' readers accept the log, every receipt of before leads into it, and it signs
// nothing before somebody has said that it may. Kills, full disks and damage: tests/fault/backup.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { peopleFile, startImport } from '../fault/import.mjs';
import { kycAsk } from './lib/asks.mjs';
import {
    accept, backup, backupFolder, dumpTables, restore, restoredOf, SMALL, withHome,
} from './lib/backup.mjs';
import { Http2Client } from './lib/client.mjs';
import { root, run, sleep, until } from './lib/command.mjs';
import { readCheckpoint, readProof, verifyProof } from './lib/note.mjs';
import { scrape } from './lib/metrics.mjs';
import { demonstration } from './lib/demo.mjs';
import { makeOfficers, proposalOf } from './lib/officers.mjs';
import { dumpRegistry } from './lib/registry.mjs';
import { serve } from './lib/server.mjs';
import { readEntries } from './lib/tree.mjs';

const PERSONS = 2_500; // two chunks
let demo;
let server;
let target;
let later; // a checkpoint that somebody kept, of after the first backup
const receipts = []; // what clients got before and while the backup was made
const taken = [];

const at = (...names) => path.join(demo.dir, ...names);
const told = ({ status, stdout, stderr }) => {
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
};
const checkpointOf = (home) =>
    readCheckpoint(readFileSync(path.join(home, 'ledger/checkpoint'), 'utf8'), demo.vkey);

async function asked(of, ask, name = 'bank') {
    const client = new Http2Client({ port: of.port, ca: demo.ca, ...demo.client(name) });
    try {
        return await client.lookup(ask);
    } finally {
        await client.close();
    }
}

// Asks until it is told to stop; keeps each receipt.
function asking(samples) {
    const seen = { stop: false };
    seen.done = (async () => {
        const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
        for (let i = 0; !seen.stop; i++) {
            const answer = await client.lookup(kycAsk(samples[i % samples.length]));
            assert.equal(answer.status, 200, answer.text);
            receipts.push(answer.json.receipt);
        }
        await client.close();
    })();
    return seen;
}

before(async () => {
    demo = await demonstration('backup', SMALL);
    target = backupFolder(demo);
    server = await serve(demo);
    const load = asking(demo.samples());
    const coming = startImport(demo, [await peopleFile(PERSONS, 77), '--rejects', at('rejects.tsv')]);
    await until('a receipt', () => receipts.length > 20);
    taken.push(told(await backup(demo, target, '--rate', '0')));
    await until('more receipts', () =>
        receipts.length > 0 && readProof(receipts.at(-1).proof).index >= taken[0].entries + 20);
    assert.ok((await coming.ended).status < 2, coming.said()); // some lines are bad
    load.stop = true;
    await load.done;
    await sleep(1200); // the public log shows it all
    later = readFileSync(path.join(demo.home, 'ledger/checkpoint'), 'utf8');
    taken.push(told(await backup(demo, target, '--rate', '0')));
    await server.stop();
    taken.push(told(await backup(demo, target, '--rate', '0')));
});
after(() => demo?.remove());

test('the next backup takes what is new, and every block of both opens', async () => {
    assert.ok(taken[0].blocks_new > 20 && taken[0].generation === 1);
    assert.ok(taken[1].blocks_new < taken[1].blocks && taken[2].blocks_new < 5,
        JSON.stringify(taken));
    assert.deepEqual([taken[2].generation, taken[2].generations], [3, 3]);
    const looked = told(await demo.dancu(['backup', 'verify', target, '--json']));
    assert.deepEqual([looked.good, looked.generations, looked.blocks_bad], [true, 3, 0]);
    const { stdout } = await demo.dancu(['backup', 'list', target]);
    assert.match(stdout, /^1\t[^]*entries[^]*\n3\t[^]*entries/);
});

test('no key, no number and no name is in it, and no block has a name by its content', () => {
    const needles = ['data', 'index', 'wrap', 'sign'].map((name) =>
        readFileSync(path.join(demo.keys, `${name}.key`), 'latin1').trim());
    const files = readdirSync(target, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile());
    assert.ok(files.length > 40);
    for (const entry of files) {
        const bytes = readFileSync(path.join(entry.parentPath ?? entry.path, entry.name), 'latin1');
        assert.ok(!needles.some((needle) => bytes.includes(needle) ||
            bytes.includes(Buffer.from(needle, 'hex').toString('latin1'))), entry.name);
        assert.ok(!bytes.includes('SQLite format') && !bytes.includes('guided'), entry.name);
    }
});

test('a backup of a quiet home restores every row of both databases', async () => {
    const home = at('quiet');
    told(await restore(demo, target, home));
    for (const name of ['registry.db', 'office.db']) {
        const rows = dumpTables(home, name);
        assert.equal(rows.whole, 'ok');
        assert.deepEqual(rows, dumpTables(demo.home, name), name);
    }
    assert.deepEqual(dumpRegistry(withHome(demo, home)), dumpRegistry(demo));
    const refused = await restore(demo, target, home);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /is not empty/);
});

// Of the first backup: the home stands for one whose machine burned.
test('one taken under load is whole: no receipt of before is missing, no chunk without its act',
    async () => {
        const home = at('loaded');
        const nextSecond = new Date(Date.parse(taken[0].time) + 1000).toISOString();
        const { entries } = told(await restore(demo, target, home, '--as-of',
            nextSecond.replace(/\.\d+Z/, 'Z')));
        assert.equal(entries, taken[0].entries);
        const restored = withHome(demo, home);
        const second = await serve(restored);
        assert.match(second.said, /ledger-held/);
        await second.stop();
        const ledger = path.join(home, 'ledger');
        assert.equal(checkpointOf(home).size, entries);
        const leaves = await readEntries((name) => readFileSync(path.join(ledger, name)), entries);
        let covered = 0;
        for (const receipt of receipts) {
            verifyProof(receipt.proof, receipt.entry, demo.vkey);
            const { index } = readProof(receipt.proof);
            if (index < entries) {
                assert.equal(leaves[index].toString(), receipt.entry);
                covered++;
            }
        }
        assert.ok(covered >= 20, `${covered} of ${receipts.length}`);
        const acts = leaves.filter((entry) => JSON.parse(entry).outcome === 'import.chunk').length;
        const dump = dumpRegistry(restored);
        assert.ok(dump.pending <= 1);
        assert.equal(acts, dump.counts.chunks - dump.pending, 'one act for each chunk');
        const verified = await restored.dancu(['ledger', 'verify']);
        assert.equal(verified.status, 0, verified.stderr);
    });

test("a stranger's auditor accepts the restored log", async (t) => {
    const built = await run(path.join(root, 'tools/build-tlogcheck'), []);
    if (built.status !== 0) {
        t.skip('../shared/tools/tlogcheck cannot be built here');
        return;
    }
    const audited = await run(built.stdout.trim(), ['-dir', at('loaded/ledger'), '-vkey',
        `@${demo.vkeyFile}`, '-strict']);
    assert.match(audited.stdout, /tlogcheck: OK/, audited.stdout + audited.stderr);
});

test('it answers nobody until its rollback is accepted, as what is known of the log says',
    async () => {
        const home = at('rolled');
        writeFileSync(at('later.txt'), later);
        told(await restore(demo, target, home, '--generation', '1', '--known', at('later.txt')));
        const restored = withHome(demo, home);
        const known = restoredOf(home);
        assert.deepEqual([known.size, known.later], [taken[0].entries,
            readCheckpoint(later, demo.vkey).size]);
        const second = await serve(restored);
        const visitor = new Http2Client({ port: second.publicPort, ca: demo.ca });
        try {
            const sample = demo.samples()[3];
            assert.equal((await visitor.get('/healthz')).status, 503);
            assert.equal((await asked(second, kycAsk(sample))).json.code, 'ledger_unavailable');
            const other = await restored.dancu(['party', 'add', '--code', 'p-x', '--class', 'other',
                '--kind', 'company', '--name', 'X']);
            assert.match(other.stderr, /nobody has accepted/);
            for (const words of [['--no-later-checkpoint'], ['--later', String(known.size + 1)]]) {
                const refused = await accept(restored, known, ...words);
                assert.match(refused.stderr, /later checkpoint of this log is known/);
            }
            const wrong = await accept(restored, { ...known, size: known.size - 1 }, '--later',
                String(known.later));
            assert.match(wrong.stderr, /ends at another size/);
            await sleep(1200);
            assert.equal(checkpointOf(home).size, known.size, 'nothing is signed');
            const figures = await scrape(second);
            assert.deepEqual([figures.of('dancu_ledger_held'), figures.of('dancu_ledger_writable')],
                [1, 0]);
            const accepted = await accept(restored, known, '--later', String(known.later));
            assert.equal(accepted.status, 0, accepted.stderr);
            await until('health is well', async () => (await visitor.get('/healthz')).status === 200);
            assert.equal((await asked(second, kycAsk(sample))).status, 200);
            const again = await accept(restored, known, '--later', String(known.later));
            assert.match(again.stderr, /waits for no such word/);
        } finally {
            await visitor.close();
            await second.stop();
        }
        const leaves = await readEntries((name) => readFileSync(path.join(home, 'ledger', name)),
            checkpointOf(home).size);
        assert.equal(JSON.parse(leaves[known.size]).outcome, 'ledger.accept-rollback');
        const third = await serve(restored); // it is kept
        assert.equal((await asked(third, kycAsk(demo.samples()[4]))).status, 200);
        await third.stop();
        const fourth = told(await backup(restored, target, '--rate', '0', '--keep', '2'));
        assert.deepEqual([fourth.generation, fourth.generations], [4, 2]);
        told(await demo.dancu(['backup', 'verify', target, '--json']));
    });

test('where there are officers, one proposes it and another approves', async () => {
    const home = at('founded');
    const origin = withHome(demo, at('quiet'));
    const quiet = restoredOf(origin.home);
    assert.equal((await accept(origin, quiet, '--no-later-checkpoint')).status, 0);
    const officers = await makeOfficers(origin);
    const own = backupFolder(demo, 'own');
    told(await backup(origin, own, '--rate', '0'));
    told(await restore(demo, own, home));
    const restored = withHome(demo, home);
    const known = restoredOf(home);
    const second = await serve(restored);
    const send = async (name, jws) => {
        const client = new Http2Client({ port: second.port + 2, ca: demo.ca,
            ...officers[name].client });
        const answer = await client.request({ method: 'POST', path: '/v1/acts', body: jws,
            headers: { 'content-type': 'application/jose' } });
        await client.close();
        return answer;
    };
    try {
        const byHand = await accept(restored, known, '--no-later-checkpoint');
        assert.match(byHand.stderr, /officers sign acts here/);
        const values = { code: known.id, size: String(known.size), 'no-later-checkpoint': 'true',
            reason: 'Máy chủ hỏng' };
        const jws = officers.HOA.act('ledger.accept-rollback', values);
        assert.equal((await send('HOA', jws)).status, 202);
        assert.equal((await asked(second, kycAsk(demo.samples()[3]))).status, 503);
        const approve = officers.MINH.act('proposal.approve', { code: proposalOf(jws) });
        assert.equal((await send('MINH', approve)).status, 200);
        await until('it answers', async () =>
            (await asked(second, kycAsk(demo.samples()[3]))).status === 200);
    } finally {
        await second.stop();
    }
    assert.ok(existsSync(path.join(home, 'restored')));
});
