// No process has a second thread, so there is nothing that ThreadSanitizer could watch: seen while
// every process works, and in what the program could call at all.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { binary, must } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { limits, status } from './lib/proc.mjs';
import { serve } from './lib/server.mjs';

const ASKS = 2000;
const AT_ONCE = 50;

let demo;
let server;

before(async () => {
    demo = await demonstration('threads');
    server = await serve(demo, { edges: 2 });
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

test('under load every process has one thread, and may make no other', async () => {
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const [sample] = demo.samples();
    const rows = await server.processes();
    const most = new Map(rows.map((row) => [row.process, 0]));
    for (let done = 0; done < ASKS; done += AT_ONCE) {
        const answers = Array.from({ length: AT_ONCE }, () => client.lookup(kycAsk(sample)));
        for (const row of rows) {
            most.set(row.process, Math.max(most.get(row.process),
                readdirSync(`/proc/${row.pid}/task`).length, Number(status(row.pid).Threads)));
        }
        await Promise.all(answers);
    }
    client.close();
    for (const [name, threads] of most) {
        assert.equal(threads, 1, `${name} has ${threads} threads`);
    }
    for (const row of rows.filter(({ process }) => process !== 'supervisor')) {
        assert.equal(limits(row.pid)['Max processes'], '0', row.process); // of threads too
    }
});

test('the program calls nothing that starts a thread', async () => {
    const { stdout } = await must('nm', ['--dynamic', '--undefined-only', binary]);
    assert.match(stdout, /\bgetrandom\b/); // that the list is one
    assert.doesNotMatch(stdout, /pthread_create|thrd_create|\bclone3?\b|timer_create|aio_|getaddrinfo_a/);
});
