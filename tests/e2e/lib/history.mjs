// Who has seen a citizen, by a portal's assertion; and the proof of a row, read by somebody who trusts
// nothing in it but the log's key.
import assert from 'node:assert/strict';
import { readEntry } from './answer.mjs';
import { subjectOf } from './asks.mjs';
import { base64url, fromBase64url, sha256 } from './canonical.mjs';
import { verifyProof } from './note.mjs';
import { addSigningKey, assertion, keyPair } from './proofs.mjs';
import { addParty, connectParty } from './rights.mjs';

export const HISTORY = '/v1/own/history';

// A portal that asserts citizens, `people` the party that stands for them.
export async function addPortal(demo) {
    const key = keyPair();
    await addParty(demo, 'portal', { channel: 'national_portal', instrument: null });
    await demo.act('account', 'require', 'portal', '--proof', 'assertion', '--reason', 'I11');
    await addSigningKey(demo, 'portal-key', 'portal', key);
    await demo.act('party', 'add', '--code', 'people', '--class', 'citizen', '--kind', 'people',
        '--name', 'Công dân');
    await connectParty(demo, 'people');
    await demo.act('operator', 'add', 'portal');
    await demo.act('operator', 'parties-put', 'portal', '--parties', 'people');
    return key;
}

// The ask of `citizen` about `about`, with the portal's word for who he is.
export async function historyAsk({ demo, key }, citizen, rows, about = citizen) {
    const body = Buffer.from(JSON.stringify({ business: 'OWN', case: 'DVC-1',
        subject: subjectOf(about), ...(rows ? { rows } : {}) }));
    const proof = await assertion(demo, body, key, { claims: { service: 'own.history',
        party: 'people', officer: undefined, citizen: citizen.id } });
    return [HISTORY, body, { 'dancu-assertion': proof }];
}

// What he is told, of himself unless another is named.
export const askHistory = async (asker, citizen, rows, { about } = {}) =>
    asker.client.post(...await historyAsk(asker, citizen, rows, about));

// All rows, page by page, the newest first.
export async function wholeHistory(asker, citizen, wish = {}) {
    const rows = [];
    let before;
    do {
        const answer = await askHistory(asker, citizen, { ...wish, ...(before ? { before } : {}) });
        assert.equal(answer.status, 200, answer.text);
        rows.push(...answer.json.result.rows);
        before = answer.json.result.rows_before;
    } while (before !== null);
    return rows;
}

const SHOWN = ['ask', 'business', 'party', 'persons'];

// The proof of one row: the entry is the log's, each disclosure its own, and one of its persons is
// whose element is opened. What it tells of the row is what the row says.
export function verifyRow({ proof, row }, vkey) {
    const entry = readEntry(proof.receipt.entry);
    const place = verifyProof(proof.receipt.proof, proof.receipt.entry, vkey);
    const opened = {};
    const elements = [];
    for (const text of proof.opening) {
        const parts = JSON.parse(fromBase64url(text).toString());
        const digest = base64url(sha256(text));
        if (parts.length === 2) {
            elements.push({ person: parts[1], digest });
            continue;
        }
        assert.equal(parts.length, 3);
        assert.ok(entry._sd.includes(digest), `the digest of ${parts[1]} stands in the entry`);
        opened[parts[1]] = parts[2];
    }
    assert.equal(elements.length, 1);
    assert.ok(opened.persons.some((one) => one['...'] === elements[0].digest),
        'the element is one of the persons');
    const names = Object.keys(opened).sort();
    assert.deepEqual(names.filter((name) => name !== 'request'), SHOWN);
    assert.equal(BigInt(`0x${row.row}`) & ((1n << 40n) - 1n), BigInt(place.index));
    assert.deepEqual([row.class, row.channel, row.kind, row.result, row.service],
        [entry.class, entry.channel, entry.kind, entry.outcome, entry.service]);
    assert.equal(row.time.slice(0, 16), entry.t.slice(0, 16));
    assert.equal(row.party?.code ?? null, opened.party);
    assert.equal(row.business?.code ?? null, opened.business);
    return { entry, opened, person: elements[0].person, ...place };
}
