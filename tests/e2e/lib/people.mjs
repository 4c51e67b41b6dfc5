// A reader of people in the registry that shares no code with the server: records opened under the
// data key and read field by field, tags made again (tags.mjs). Two registries under
// different keys can be compared by it.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openRecord, personKey } from './registry.mjs';
import { CMND, ID, tagMaker } from './tags.mjs';

const HIDDEN = 3; // protected, locked
const REFERENCE_BYTES = 21;

// What a record says, its references to others left out: they are tags.
export function readRecord(bytes) {
    let at = 12; // format, sex, province, list, flags
    const block = () => {
        const len = bytes.readUInt16BE(at);
        at += 2 + len;
        return bytes.toString('utf8', at - len, at);
    };
    const head = bytes.subarray(1, 12).toString('hex');
    const flags = bytes.readUInt32BE(8);
    const [folded, birth, id, cmnd] = [block(), block(), block(), block()];
    const others = bytes.readUInt16BE(at) + bytes.readUInt16BE(at + 2) + bytes.readUInt16BE(at + 4);
    at += 8 + others * REFERENCE_BYTES;
    const count = bytes[at];
    at += 1 + 2 * count;
    return { flags, id, cmnd,
        digest: createHash('sha256').update(`${head}|${folded}|${birth}|${id}|${cmnd}|${others}|`)
            .update(bytes.subarray(at)).digest('base64url') };
}

// Everybody in the registry: digest of what is said, by number; and whether index and hidden tags
// are those of these people. The server does not run.
export function readPeople({ home, keys }) {
    const secret = personKey(keys);
    const tagOf = tagMaker(keys);
    const database = new DatabaseSync(path.join(home, 'registry.db'), { readOnly: true });
    const pairs = (table, value) => new Map(database.prepare(`SELECT tag, key, ${value} AS value` +
        ` FROM ${table}`).all().map((row) => [`${Buffer.from(row.tag).toString('hex')}/${row.key}`,
        row.value]));
    const tags = pairs('blind', '1');
    const hidden = pairs('hidden', 'flags');
    const former = new Map(); // key: tags of numbers of old
    for (const row of database.prepare('SELECT key, tag FROM former_tag').all()) {
        former.set(row.key, [...former.get(row.key) ?? [], Buffer.from(row.tag).toString('hex')]);
    }
    const people = new Map();
    const faults = [];
    let hiddenSeen = 0;
    let cmnds = 0;
    for (const row of database.prepare('SELECT key, version, sealed FROM person').iterate()) {
        const person = readRecord(openRecord(secret, row.key, row.version, row.sealed));
        const numbers = [tagOf(ID, person.id), ...person.cmnd === '' ? [] :
            [tagOf(CMND, person.cmnd)]];
        if (!tags.has(`${numbers[0]}/${row.key}`)) {
            faults.push(`person ${row.key} is not found by its number`);
        }
        cmnds += person.cmnd !== '' && tags.has(`${numbers[1]}/${row.key}`) ? 1 : 0;
        const flags = person.flags & HIDDEN;
        for (const tag of flags === 0 ? [] : [...numbers, ...former.get(row.key) ?? []]) {
            hiddenSeen++;
            if (hidden.get(`${tag}/${row.key}`) !== flags) {
                faults.push(`person ${row.key} is not hidden under every number`);
            }
        }
        if (people.has(person.id)) {
            faults.push(`person ${row.key} has the number of another`);
        }
        people.set(person.id, person.digest);
    }
    if (hiddenSeen !== hidden.size) {
        faults.push(`${hidden.size} hidden tags, and ${hiddenSeen} belong there`);
    }
    const number = (sql) => Object.values(database.prepare(sql).get())[0];
    const counts = { persons: people.size, cmnds, hidden: hidden.size, former: [...former.values()]
        .flat().length, versions: number('SELECT count(*) FROM person_history') + people.size,
    sets: number('SELECT count(*) FROM change_set'), chunks: number('SELECT count(*) FROM chunk'),
    pending: number('SELECT count(*) FROM chunk WHERE recorded = 0') };
    database.close();
    return { people, faults, counts };
}
