// Records that are older than the period: what they were for is gone with its key, and receipts,
// acts and the public log are what they were, for us and for strangers. The home was filled years
// ago by a clock of its own (tests/unit/core/old_home.c); the program that shreds it has today's. What
// a server, a backup and a stranger's auditor make of it: tests/e2e/retention.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { binary, must, root, run } from './lib/command.mjs';
import { readVkey, verifyProof } from './lib/note.mjs';
import { openBySdJwt, verifyBySigstore } from './lib/readers.mjs';

const maker = path.join(root, 'build/unit/tests/unit/core/old_home');
const MONTHS = 30;
const ASKS = 260;

describe('retention', { skip: !existsSync(maker) && 'no build/unit/tests/unit/core/old_home' }, () => {
    let folder;
    let home;
    let vkey;
    let receipts;
    let keysBefore;
    let options;

    const dancu = (args) => run(binary, [...args, ...options]);
    const json = async (args) => JSON.parse((await must(binary, [...args, ...options, '--json']))
        .stdout);
    const segmentKeys = () => readdirSync(path.join(home, 'commit')).filter((name) =>
        name.endsWith('.key'));
    const filesOf = (dir) => readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
    const holds = (bytes) => filesOf(home).filter((file) => readFileSync(file).includes(bytes));

    before(async () => {
        const made = await must(maker, [String(MONTHS), String(ASKS)]);
        const [first, ...rest] = made.stdout.trim().split('\n').map((line) => JSON.parse(line));
        folder = first.folder;
        home = path.join(folder, 'home');
        vkey = readVkey(first.vkey);
        receipts = rest;
        assert.equal(receipts.length, ASKS);
        writeFileSync(path.join(folder, 'vkey.txt'), `${first.vkey}\n`);
        options = ['--home', home, '--keys', path.join(folder, 'keys')];
        keysBefore = segmentKeys().map((name) => [name,
            readFileSync(path.join(home, 'commit', name))]);
    });
    after(() => folder && rmSync(folder, { recursive: true, force: true }));

    test('before a period is set, and below the floor, nothing is shredded', async () => {
        assert.equal((await json(['retention', 'run'])).segments, 0);
        const low = await dancu(['retention', 'set', '--months', '23']);
        assert.notEqual(low.status, 0);
        assert.match(low.stderr, /24 to 1200 months/);
        assert.equal((await json(['retention', 'show'])).months, 0);
    });

    test('a case under hold keeps the segment that its records stand in', async () => {
        await must(binary, ['hold', 'put', '--case', 'HS-SECRET-0', '--reason', 'Tòa án', ...options]);
        assert.deepEqual((await json(['hold', 'list'])).map((hold) => hold.case), ['HS-SECRET-0']);
        await must(binary, ['retention', 'set', '--months', '24', ...options]);
        assert.ok((await json(['retention', 'run'])).segments > 0);
        assert.ok(existsSync(path.join(home, 'commit/0000000001.seg')));
        assert.ok(existsSync(path.join(home, 'archived/0000000002.seg')));
        await must(binary, ['hold', 'end', '--case', 'HS-SECRET-0', '--reason', 'xong', ...options]);
        assert.equal((await json(['retention', 'run'])).segments, 1);
        assert.ok(!existsSync(path.join(home, 'commit/0000000001.seg')));
    });

    test('the keys of what was shredded are in no file of the home', () => {
        const left = new Set(segmentKeys());
        const gone = keysBefore.filter(([name]) => !left.has(name));
        assert.ok(gone.length > 1);
        for (const [name, bytes] of gone) {
            assert.deepEqual(holds(bytes.subarray(8)), [], name);
            assert.deepEqual(holds(bytes.subarray(20, 52)), [], name);
        }
        for (const name of left) { // which can find what is there
            const bytes = readFileSync(path.join(home, 'commit', name));
            assert.deepEqual(holds(bytes.subarray(8)), [path.join(home, 'commit', name)]);
        }
    });

    test('receipts of shredded entries verify, by us and by two readers that are not ours', async () => {
        const { until } = await json(['retention', 'show']);
        assert.ok(until > 0);
        for (const receipt of [receipts[0], receipts[7], receipts[ASKS - 1]]) {
            const { entry, proof } = receipt.receipt;
            const file = path.join(folder, 'receipt.json');
            writeFileSync(file, JSON.stringify(receipt));
            const good = await run(binary, ['receipt', 'verify', file, '--vkey',
                path.join(folder, 'vkey.txt')]);
            assert.equal(good.status, 0, good.stderr);
            assert.ok(Number.isInteger(verifyProof(proof, entry, vkey).index));
            verifyBySigstore(entry, proof, vkey);
            assert.equal((await openBySdJwt(entry, receipt.opening)).case, `HS-SECRET-${
                receipts.indexOf(receipt)}`); // who has the opening still opens it
        }
    });

    test('`dancu ledger verify` and a start without anything derived accept what is left', async () => {
        const told = await json(['ledger', 'verify']);
        assert.equal(told.good, true);
        assert.equal(told.shredded, (await json(['retention', 'show'])).segments);
        rmSync(path.join(home, 'derived'), { recursive: true });
        await must('mkdir', ['-m', '0700', path.join(home, 'derived')]);
        assert.equal((await json(['retention', 'run'])).segments, 0); // it opens the whole house
        assert.equal((await json(['ledger', 'verify'])).good, true);
        const scrub = await dancu(['scrub']);
        assert.equal(scrub.status, 0, scrub.stdout + scrub.stderr);
    });

    test('the fees of a month that was shredded are not told as if they were whole', async () => {
        const month = new Date(Date.now() - MONTHS * 31 * 86400e3 + 7 * 3600e3)
            .toISOString().slice(0, 7);
        const fees = await dancu(['fees', 'statement', '--party', 'bank', '--month', month]);
        assert.equal(fees.status, 1, fees.stdout);
        assert.match(fees.stderr, /not kept any more/);
    });
});
