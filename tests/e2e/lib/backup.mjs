// Homes made of backups, and readers of their databases that share no code with the server.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

// A demonstration with another home: same keys, clients and certificates.
export function withHome(demo, home) {
    return Object.assign(Object.create(demo), { home });
}

// Few people, enough of them hidden that a demonstration can pick: each copy of the home is small.
export const SMALL = { persons: 6000, hidden: 300 };

// A folder for backups.
export function backupFolder(demo, name = 'backups') {
    const folder = path.join(demo.dir, name);
    mkdirSync(folder);
    return folder;
}

export const backup = (demo, target, ...more) =>
    demo.dancu(['backup', '--to', target, '--json', ...more], { timeoutMs: 120_000 });

export const restore = (demo, target, home, ...more) =>
    demo.dancu(['restore', '--from', target, '--home', home, '--json', ...more],
        { timeoutMs: 120_000 });

// Every table of a database, row by row in the order of all columns: one hash each, and how many.
export function dumpTables(home, name) {
    const database = new DatabaseSync(path.join(home, name), { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'" +
        " AND name NOT LIKE 'sqlite_%' ORDER BY name").all();
    const found = {};
    for (const table of tables) {
        const hash = createHash('sha256');
        const columns = database.prepare(`PRAGMA table_info(${table.name})`).all();
        const order = columns.map((column) => column.name).join(', ');
        let rows = 0;
        for (const row of database.prepare(`SELECT * FROM ${table.name} ORDER BY ${order}`)
            .iterate()) {
            for (const value of Object.values(row)) {
                const bytes = Buffer.from(value instanceof Uint8Array ? value : String(value));
                hash.update(`${bytes.length}:`).update(bytes);
            }
            rows++;
        }
        found[table.name] = `${rows} ${hash.digest('hex')}`;
    }
    const [{ integrity_check: whole }] = database.prepare('PRAGMA integrity_check').all();
    database.close();
    return { ...found, whole };
}

// The file by which a home knows that it was restored.
export function restoredOf(home) {
    const lines = readFileSync(path.join(home, 'restored'), 'utf8').trimEnd().split('\n');
    const values = Object.fromEntries(lines.map((line) => line.split(/ (.*)/).slice(0, 2)));
    return { id: values.id, size: Number(values.at.split(' ')[0]),
        later: values.later === undefined ? 0 : Number(values.later.split(' ')[0]) };
}

export const accept = (demo, { id, size }, ...more) => demo.dancu(['ledger', 'accept-rollback', id,
    '--size', String(size), '--reason', 'Máy chủ hỏng', ...more]);
