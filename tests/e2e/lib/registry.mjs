// A reader of the registry that shares no code with the server: opens the records under the keys,
// so that two registries can be compared whatever nonces they were sealed with.
import { createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function personKey(keys) {
    const master = Buffer.from(readFileSync(path.join(keys, 'data.key'), 'latin1').trim(), 'hex');
    return Buffer.from(hkdfSync('sha256', master, '', 'dancu registry persons v1', 32));
}

// The plain record; throws when the seal does not verify for this key and version.
export function openRecord(secret, key, version, sealed) {
    const place = Buffer.alloc(12);
    place.writeBigUInt64BE(BigInt(key), 0);
    place.writeUInt32BE(version, 8);
    const bytes = Buffer.from(sealed);
    const cipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, NONCE_BYTES));
    cipher.setAAD(place);
    cipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const plain = Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
        cipher.final()]);
    return plain.subarray(4, 4 + plain.readUInt32BE(0));
}

// What is in the registry of a demonstration whose server does not run: one hash for each table,
// independent of sealing; and its counts.
export function dumpRegistry(demo) {
    const secret = personKey(demo.keys);
    const database = new DatabaseSync(path.join(demo.home, 'registry.db'), { readOnly: true });
    const found = { counts: {} };
    const digest = (name, sql, each) => {
        const hash = createHash('sha256');
        let rows = 0;
        for (const row of database.prepare(sql).iterate()) {
            for (const part of each(row)) {
                const bytes = Buffer.from(part instanceof Uint8Array ? part : String(part));
                hash.update(`${bytes.length}:`).update(bytes);
            }
            rows++;
        }
        found[name] = hash.digest('hex');
        found.counts[name] = rows;
    };
    const person = (row) => [row.key, row.version, openRecord(secret, row.key, row.version, row.sealed)];
    digest('persons', 'SELECT key, version, sealed FROM person ORDER BY key', person);
    digest('history', 'SELECT key, version, sealed FROM person_history ORDER BY key, version', person);
    digest('tags', 'SELECT tag, key FROM blind ORDER BY tag', (row) => [row.tag, row.key]);
    digest('search', 'SELECT tag, key FROM search ORDER BY tag, key', (row) => [row.tag, row.key]);
    digest('hidden', 'SELECT tag, key, flags FROM hidden ORDER BY tag, key',
        (row) => [row.tag, row.key, row.flags]);
    digest('chunks', 'SELECT number, added, changed, unchanged, file, until, recorded FROM chunk' +
        ' ORDER BY number', (row) => Object.values(row));
    const number = (sql) => Object.values(database.prepare(sql).get())[0];
    found.pending = number('SELECT count(*) FROM chunk WHERE recorded = 0');
    found.changes = number('SELECT count(*) FROM hidden_change');
    found.open = database.prepare('SELECT * FROM intake').all().length;
    database.close();
    return found;
}
