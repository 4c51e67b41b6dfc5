// Refusals without end, of one account after another: each has its record up to the recorded rate, and
// beyond it one aggregate a second and account (I2). What an aggregate counts is sealed; the unit
// tests of gate/ compare it with what was refused.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { kycAsk } from '../../e2e/lib/asks.mjs';
import { load } from '../../e2e/lib/generator.mjs';
import { readCheckpoint } from '../../e2e/lib/note.mjs';
import { serve } from '../../e2e/lib/server.mjs';
import { readEntries } from '../../e2e/lib/tree.mjs';

const REFUSALS = 60_000; // of each account

export async function aggregates(demo, { refusals = REFUSALS } = {}) {
    const server = await serve(demo);
    const ledger = path.join(demo.home, 'ledger');
    const size = () => readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'),
        demo.vkey).size;
    const first = size();
    const bodies = [JSON.stringify(kycAsk(demo.samples()[0], { business: 'NV-NOBODY' }))];
    const begun = Date.now();
    const found = [];
    for (const name of ['notary', 'ministry-onestop']) {
        found.push(await load(server, demo.client(name), { bodies, requests: refusals }));
    }
    await server.stop();
    const seconds = Math.ceil((Date.now() - begun) / 1000);
    const entries = (await readEntries((name) => readFileSync(path.join(ledger, name)), size()))
        .slice(first).map((entry) => JSON.parse(entry.toString()));
    const of = (kind) => entries.filter((entry) => entry.kind === kind).length;
    const answered = (status) => found.reduce((sum, { statuses }) => sum + (statuses[status] ?? 0), 0);
    const told = { refused: answered('403'), limited: answered('429'), records: of('refusal'),
        aggregates: of('aggregate'), seconds };
    console.log(`${2 * refusals} asks of two accounts in ${seconds} s: ${told.refused} refused with a ` +
        `record, ${told.limited} beyond the rate; ${told.records} records, ${told.aggregates} ` +
        'aggregates in the log');
    return [
        told.refused + told.limited !== 2 * refusals && 'not every refusal was answered',
        told.records !== told.refused && 'records are not as many as refusals answered with one',
        told.aggregates > seconds + 2 && 'more than one aggregate a second and account',
        (told.limited > 0) !== (told.aggregates > 0) && 'what was limited is not in an aggregate',
        entries.length !== told.records + told.aggregates && 'other entries in the log',
    ].filter(Boolean);
}
