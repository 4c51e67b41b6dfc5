// Backups in whatever goes wrong: killed, on a full disk, two at once, over damage. The command
// tests/fault/backup kills many.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { backup, backupFolder, restore, SMALL } from '../e2e/lib/backup.mjs';
import { isRoot, must, run } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { killRounds } from './backup.mjs';

const MOUNT_MIB = 64; // several times what the demonstration's backup takes
let demo;
let target;
let mounted = false;

before(async () => {
    demo = await demonstration('backup-faults', SMALL);
    target = backupFolder(demo);
    mounted = isRoot && (await run('mount', ['-t', 'tmpfs', '-o', `size=${MOUNT_MIB}m`,
        'dancu-test', target])).status === 0;
});
after(async () => {
    if (mounted) {
        await must('umount', [target]);
    }
    demo?.remove();
});

const verify = () => demo.dancu(['backup', 'verify', target]);

test('killed at any moment it leaves what was there, and what is there is whole', async () => {
    const figures = await killRounds('backup-kill', { kills: 3, persons: 4000, seed: 11, of: SMALL });
    assert.equal(figures.kills + figures.finished, 3);
    assert.deepEqual(figures.asked.others, {});
});

test('a full disk ends it with its name, and the backup that was there stays good', async (t) => {
    if (!mounted) {
        t.skip('a file system of its own cannot be mounted here');
        return;
    }
    const first = await backup(demo, target, '--rate', '0');
    assert.equal(first.status, 0, first.stderr);
    const filler = path.join(target, 'filler');
    await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M']); // until there is no room
    await demo.act('party', 'add', '--code', 'p-1', '--class', 'other', '--kind', 'company',
        '--name', 'Đơn vị');
    const second = await backup(demo, target, '--rate', '0');
    assert.equal(second.status, 1);
    assert.match(second.stderr, /No space left/);
    assert.equal((await verify()).status, 0);
    rmSync(filler);
    const third = await backup(demo, target, '--rate', '0');
    assert.equal(third.status, 0, third.stderr);
    assert.equal(JSON.parse(third.stdout).generation, 2);
});

test('two at once are one, and the other is told', async () => {
    const both = await Promise.all([backup(demo, target), backup(demo, target)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [0, 1]);
    assert.match(both.find(({ status }) => status === 1).stderr, /another command is at work/);
});

test('a damaged block is named, refuses the restore that needs it, and is written anew', async () => {
    const key = readdirSync(target).find((name) => /^[0-9a-f]{16}$/.test(name));
    const shelf = path.join(target, key, readdirSync(path.join(target, key))[0]);
    const block = path.join(shelf, readdirSync(shelf)[0]);
    const bytes = readFileSync(block);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(block, bytes);
    const looked = await verify();
    assert.equal(looked.status, 1);
    assert.match(looked.stderr, new RegExp(`does not open: block ${path.basename(block)}`));
    const made = await restore(demo, target, path.join(demo.dir, 'new'));
    assert.equal(made.status, 1);
    assert.match(made.stderr, /does not open/);
    const refused = await demo.dancu(['serve', '--home', path.join(demo.dir, 'new')]);
    assert.notEqual(refused.status, 0, 'a home that is not whole is none');
    const mended = await backup(demo, target, '--rate', '0', '--check');
    assert.equal(mended.status, 0, mended.stderr);
    assert.equal(JSON.parse(mended.stdout).blocks_bad, 1);
    assert.equal((await verify()).status, 0);
});
