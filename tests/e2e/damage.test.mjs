// A register that somebody has written in (I7): a sealed record that is changed, cut or put in
// another's place is an error, never an answer; everybody else is served.
import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { verifyAnswer, verifyProblem } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Http1Client, Http2Client, protocols } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { codeOf, tally } from './lib/load.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let samples;

before(async () => {
    demo = await demonstration('damage');
    samples = demo.samples();
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

// Changes the register while no server runs; what the samples then get.
async function codesAfter(change, kind = Http2Client) {
    const database = new DatabaseSync(path.join(demo.home, 'registry.db'));
    database.exec('BEGIN');
    change(database);
    database.exec('COMMIT');
    database.close();
    server = await serve(demo);
    const client = new kind({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    const answers = [];
    for (const person of samples.slice(0, 20)) {
        answers.push(await client.lookup(kycAsk(person)));
    }
    const pids = (await server.processes()).map((row) => row.restarts);
    await client.close();
    await server.stop();
    assert.ok(pids.every((restarts) => restarts === 0), 'nobody died of it');
    return answers;
}

test('half of the records swapped with their neighbours: 500 for those, answers for the others',
    async () => {
        const swapped = 'key % 4 IN (1, 2)';
        const swap = (database) => database.exec(`
            CREATE TEMP TABLE moved(key INTEGER PRIMARY KEY, sealed BLOB);
            INSERT INTO moved SELECT key, sealed FROM person WHERE ${swapped};
            UPDATE person SET sealed = (SELECT moved.sealed FROM moved
                WHERE moved.key = CASE person.key % 4 WHEN 1 THEN person.key + 1
                    ELSE person.key - 1 END)
                WHERE ${swapped} AND EXISTS (SELECT 1 FROM moved
                    WHERE moved.key = CASE person.key % 4 WHEN 1 THEN person.key + 1
                        ELSE person.key - 1 END);`);
        for (const kind of [Http2Client, Http1Client]) {
            const answers = await codesAfter(swap, kind); // the second time puts them back
            const codes = tally(answers.map(codeOf));
            if (kind === Http1Client) {
                assert.deepEqual(codes, { disclosed: 20 });
                continue;
            }
            assert.equal(codes.disclosed + codes.internal, 20, JSON.stringify(codes));
            assert.ok(codes.internal > 0 && codes.disclosed > 0, JSON.stringify(codes));
            answers.forEach((answer, i) => {
                if (answer.status === 200) {
                    verifyAnswer(answer, kycAsk(samples[i]), demo.vkey,
                        { party: 'bank', account: 'bank' });
                } else {
                    verifyProblem(answer, 500, 'internal');
                }
            });
        }
    });

test('every record changed in one byte: 500 for everybody, over both protocols', async () => {
    const change = (database) => {
        database.function('spoilt', (sealed) => {
            const bytes = Buffer.from(sealed);
            bytes[Math.floor(bytes.length / 2)] ^= 1;
            return bytes;
        });
        database.exec('UPDATE person SET sealed = spoilt(sealed)');
    };
    const answers = await codesAfter(change);
    assert.deepEqual(tally(answers.map(codeOf)), { internal: 20 });
    for (const kind of protocols) {
        server = await serve(demo);
        const client = new kind({ port: server.port, ca: demo.ca, ...demo.client('bank') });
        verifyProblem(await client.lookup(kycAsk(samples[0])), 500, 'internal');
        await client.close();
        await server.stop();
    }
});
