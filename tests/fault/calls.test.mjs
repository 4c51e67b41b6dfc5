// A few of the failures of tests/fault/calls; the command of that name tries all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callsFail, canTrace } from './calls.mjs';

test('whichever system call of the core fails, what was told holds', async (t) => {
    if (!await canTrace()) {
        t.skip('strace cannot trace here');
        return;
    }
    const found = await callsFail('calls-short', {
        places: 2,
        offline: [['pwrite64', 'fdatasync', 'renameat', 'openat'], ['error=EIO', 'signal=SIGKILL']],
        serving: [['fdatasync'], ['error=EIO', 'error=ENOSPC']],
    });
    assert.ok(found.runs >= 18);
    assert.ok(found.kept > 50);
    t.diagnostic(found.table.join('; '));
});
