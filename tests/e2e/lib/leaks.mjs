// Searches in the records, as an auditor orders them over the desk.
import assert from 'node:assert/strict';
import { readDisclosure } from './canonical.mjs';
import { until } from './command.mjs';
import { verifyProof } from './note.mjs';

export const leakedBytes = (values) => Buffer.from(JSON.stringify(values)).toString('base64url');

// Orders a search and waits for what it finds, which an auditor reads.
export async function order(client, signer, act, values,
    { timeoutMs = 20_000, reader = client } = {}) {
    const jws = signer.act(act, values);
    const ordered = await client.request({
        method: 'POST', path: '/v1/acts', body: jws,
        headers: { 'content-type': 'application/jose' },
    });
    assert.equal(ordered.status, 200, ordered.text);
    const { record } = ordered.json;
    const found = await until(`the search of record ${record}`, async () => {
        const answer = await reader.get(`/v1/records/${record}`);
        assert.equal(answer.status, 200, answer.text);
        return ['done', 'failed'].includes(answer.json.state) && answer.json;
    }, { timeoutMs });
    return { ...found, jws };
}

export const trace = (client, signer, values, options) => order(client, signer, 'leak.trace',
    { leaked: leakedBytes(values), reason: 'Kiểm tra rò rỉ' }, options);

// What one item says, by readers that are not the server's.
export function verifyItem(item, vkey) {
    const { index } = verifyProof(item.proof, item.entry, vkey);
    assert.equal(index, item.index);
    const digests = JSON.parse(item.entry)._sd;
    const opened = Object.fromEntries(item.disclosures.map((text) => {
        const { digest, name, value } = readDisclosure(text);
        assert.ok(digests.includes(digest), name);
        return [name, value];
    }));
    assert.deepEqual([opened.party, opened.business, opened.case, opened.agent, opened.ask.time],
        [item.party, item.business, item.case, item.agent, item.time]);
    return opened;
}
