// A taken desk: hostile code in the process between officers and `verify`, which has seen their acts
// and their certificates. It cannot pass an act of two officers, nor act for an organisation; what
// it relays unchanged it may, once.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { buildHostile, must, sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { tally } from '../e2e/lib/load.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { accountOf, makeOfficers, proposalOf } from '../e2e/lib/officers.mjs';
import { addBusiness } from '../e2e/lib/rights.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';

const SIGNAL_FIRST = 34; // SIGRTMIN
const DIGITS = 15;
const WORD_MS_MAX = 60_000;
const LIVED_MS = 2100; // whoever has lived so long is started again at once
const STRANGERS_MAX = 100; // recorded of a flood: 20 at once, one a second

const INVALID = /^signature_invalid$/;
const DROPPED = /^(pipe dropped|status=1)/;
const meets = (proposal) => ({
    'LAN\'s proposal, as it came': new RegExp(`^proposed ${proposal.slice(0, 16)}$`),
    'the same again': new RegExp(`^proposed ${proposal.slice(0, 16)}$`),
    'LAN\'s proposal over another certificate': /^not_yours$/,
    'its other signature': /^replayed$/,
    'a flood of forgeries': /^all refused$/,
    'a stamp of its own, to the core': DROPPED,
    'an act, to the core': DROPPED,
    'signers, to the core': DROPPED,
    'a signed act, to the core': DROPPED,
    'signers of its own, to verify': DROPPED,
    'an answer, to verify': DROPPED,
    'a stamp of its own, to verify': DROPPED,
    'the bank\'s act, as it came': /^done T-OWN$/,
    'MINH\'s approval, as it came': /^done T-DESK$/,
    'MINH\'s approval again': /^done T-DESK$/,
});

async function outcomes(demo) {
    const ledger = path.join(demo.home, 'ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
    const entries = await readEntries((name) => readFileSync(path.join(ledger, name)), size);
    return tally(entries.map((entry) => JSON.parse(entry).outcome));
}

// What passed through the desk before it was taken: tests/hostile/desk.c reads it.
function whatItSaw(demo, { LAN, MINH }) {
    const bank = accountOf(demo, 'bank');
    const proposal = LAN.act('business.grant', { code: 'T-DESK', reason: 'Kiểm thử' });
    const hex = (signer) => signer.spki.toString('hex');
    const own = { code: 'T-OWN', party: 'bank', purpose: 'Kiểm thử', 'legal-basis': 'Kiểm thử',
        services: 'citizen.lookup', channels: 'guided', fields: 'full_name', 'quota-day': '10' };
    writeFileSync(path.join(demo.dir, 'desk.txt'), [hex(LAN), hex(MINH), hex(bank), proposal,
        MINH.act('proposal.approve', { code: proposalOf(proposal) }), bank.act('business.add', own),
        LAN.act('business.grant', { code: 'T-DESK', reason: 'Lần hai' }), ''].join('\n'));
    return proposalOf(proposal);
}

test('a taken desk forges no act of officers or organisations', async (t) => {
    const program = await buildHostile();
    const list = async (what) => (await must(program, [what])).stdout.trimEnd().split('\n');
    const first = (await list('attacks')).length;
    const names = await list('desk-attacks');
    const demo = await demonstration('forged-desk');
    await addBusiness(demo, 'T-DESK', 'bank', { grant: false });
    const proposal = whatItSaw(demo, await makeOfficers(demo));
    writeFileSync(path.join(demo.dir, 'seen.txt'), `${'0'.repeat(64)} 100001910001 1990-01-01 A\n`);
    const before = await outcomes(demo);
    let said = '';
    const server = await serve(demo, { edges: 1, program, onSaid: (bytes) => {
        said += bytes;
    } });
    t.after(() => server.stop());
    const rows = [];
    let gone = 0; // whose pipe was dropped ends, and takes no other order
    let desk = { pid: 0, sinceMs: 0 };
    const wanted = meets(proposal);
    for (const [i, name] of names.entries()) {
        const number = first + i;
        const row = await until('a desk lives', async () => {
            const found = await server.process('desk');
            return found?.state === 'serving' && found.pid !== gone && found;
        }, { everyMs: 100, timeoutMs: 30_000 });
        desk = row.pid === desk.pid ? desk : { pid: row.pid, sinceMs: Date.now() };
        if (wanted[name] === DROPPED) {
            await sleep(desk.sinceMs + LIVED_MS - Date.now());
        }
        const from = said.length;
        process.kill(row.pid, SIGNAL_FIRST + Math.floor(number / DIGITS));
        process.kill(row.pid, SIGNAL_FIRST + DIGITS + (number % DIGITS));
        const met = new RegExp(`hostile-met number=${number} what="(.*)"`);
        rows.push([name, await until(name, () =>
            met.exec(said.slice(from))?.[1], { everyMs: 20, timeoutMs: WORD_MS_MAX })]);
        gone = DROPPED.test(rows.at(-1)[1]) ? row.pid : gone;
        t.diagnostic(`${name.padEnd(52)} ${rows.at(-1)[1]}`);
    }
    const core = await server.process('core');
    const verify = await server.process('verify');
    await server.stop();
    const after = await outcomes(demo);
    for (const [name, met] of rows) {
        assert.match(met, wanted[name] ?? INVALID, name);
    }
    assert.equal(core.restarts + verify.restarts, 0);
    const more = (outcome) => (after[outcome] ?? 0) - (before[outcome] ?? 0);
    assert.equal(more('proposal.add'), 1);
    assert.equal(more('proposal.approve'), 1, 'MINH\'s own, and no other');
    assert.equal(more('business.add'), 1);
    // over another certificate, under a used number; and what nobody has signed, at its rate
    const forged = rows.filter(([, met]) => INVALID.test(met)).length;
    assert.ok(more('act.refused') >= 2 + forged, 'each that was tried by itself');
    assert.ok(more('act.refused') <= 2 + forged + STRANGERS_MAX, 'and little of the flood');
    assert.equal(more('business.grant'), 0);
    const verified = await demo.dancu(['ledger', 'verify']);
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    demo.remove();
});
