// Blind tags as the registry's file must have them, by a reader that shares no code with the server:
// what the identity key makes of a number, under the veil of the index key, if it is another one.
import { createCipheriv, createHmac, hkdfSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export const ID = 1;
export const CMND = 2;

const keyOf = (keys, name) => Buffer.from(readFileSync(path.join(keys, name), 'latin1').trim(),
    'hex');

// Tags by the keys that are in the folder now, in hexadecimal.
export function tagMaker(keys) {
    const index = keyOf(keys, 'index.key');
    const first = existsSync(path.join(keys, 'identity.key'));
    const identity = first ? keyOf(keys, 'identity.key') : index;
    const veil = first && Buffer.from(hkdfSync('sha256', index, '', 'dancu registry veil v1', 32));
    return (kind, digits) => {
        const tag = createHmac('sha256', identity).update(Buffer.from([kind])).update(digits)
            .digest().subarray(0, 16);
        if (!veil) {
            return tag.toString('hex');
        }
        const cipher = createCipheriv('aes-256-ecb', veil, null).setAutoPadding(false);
        return Buffer.concat([cipher.update(tag), cipher.final()]).toString('hex');
    };
}

// Every tag in the file, in hexadecimal; `table`: of that alone.
export function tagsInFile(demo, table = null) {
    const database = new DatabaseSync(path.join(demo.home, 'registry.db'), { readOnly: true });
    const found = new Set();
    const tables = table ? [table] : ['blind', 'hidden', 'hidden_change', 'former_tag', 'search'];
    for (const one of tables) {
        for (const row of database.prepare(`SELECT tag FROM ${one}`).iterate()) {
            found.add(Buffer.from(row.tag).toString('hex'));
        }
    }
    database.close();
    return found;
}
