// The yardstick of those who keep a registry in a database: PostgreSQL doing nothing but reading a
// person and inserting into an audit table, under pgbench. In a folder of its own, over a socket of
// its own, as an unprivileged user, ended by its process id.
import { spawn } from 'node:child_process';
import {
    chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { isRoot, must, root, run, until } from '../../tests/e2e/lib/command.mjs';

const INSTALLED = '/usr/lib/postgresql';
const USER = 'postgres'; // when this is run by root, as whom it never runs
const PERSON_BYTES = 1024;
const CLIENTS = [8, 16, 32, 64, 128];
const STOP_MS_MAX = 60_000;

// All in memory and as little log as it can do with: what it is best at. Commits wait for the disk.
const SETTINGS = `
listen_addresses = ''
shared_buffers = 1GB
max_connections = 200
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 30min
fsync = on
synchronous_commit = on
`;

// Two statements a look-up, prepared; the insert commits by itself.
const SCRIPT = `\\set number random(1, :persons)
SELECT record FROM person WHERE id = lpad((:number)::text, 12, '0');
INSERT INTO audit(account, business, case_ref, person)
    VALUES ('bank', 'NV-BANK-KYC', 'HS-2026-000123', lpad((:number)::text, 12, '0'));
`;

const TABLES = (persons) => `
BEGIN;
CREATE TABLE person(id text PRIMARY KEY, record text NOT NULL);
INSERT INTO person SELECT lpad(number::text, 12, '0'), repeat(md5(number::text), ${
    PERSON_BYTES / 32}) FROM generate_series(1, ${persons}) AS number;
CREATE TABLE audit(id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(),
    account text NOT NULL, business text NOT NULL, case_ref text NOT NULL, person text NOT NULL);
COMMIT;
VACUUM ANALYZE person;
CHECKPOINT;
`;

function programs() {
    const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED).map(Number) : [];
    const folder = path.join(INSTALLED, String(Math.max(...versions)), 'bin');
    return existsSync(path.join(folder, 'postgres')) ? folder : null;
}

async function identity() {
    if (!isRoot) {
        return {};
    }
    const id = async (flag) => Number((await must('id', [flag, USER])).stdout);
    return { uid: await id('-u'), gid: await id('-g') };
}

export class Postgres {
    constructor(folder, bin, who, persons) {
        this.folder = folder;
        this.bin = bin;
        this.who = who;
        this.persons = persons;
        this.script = path.join(folder, 'ask.sql');
    }

    program(name, args, options) {
        return must(path.join(this.bin, name), args, { ...options, who: this.who, cwd: this.folder });
    }

    async start() {
        const data = path.join(this.folder, 'data');
        await this.program('initdb', ['--pgdata', data, '--auth', 'trust', '--username', 'bench',
            '--no-locale', '--encoding', 'UTF8', '--no-instructions']);
        writeFileSync(path.join(data, 'postgresql.auto.conf'),
            `${SETTINGS}unix_socket_directories = '${this.folder}'\n`);
        this.child = spawn(path.join(this.bin, 'postgres'), ['-D', data],
            { ...this.who, cwd: this.folder, stdio: ['ignore', 'ignore', 'ignore'] });
        process.on('exit', () => this.child.kill('SIGKILL'));
        await until('PostgreSQL answers', async () =>
            (await this.sql('SELECT 1')).status === 0, { everyMs: 100 });
        const made = await this.sql(TABLES(this.persons));
        if (made.status !== 0) {
            throw new Error(`PostgreSQL: ${made.stderr}`);
        }
        writeFileSync(this.script, SCRIPT);
        return this;
    }

    sql(text) {
        return run(path.join(this.bin, 'psql'), ['--host', this.folder, '--username', 'bench',
            '--no-psqlrc', '--set', 'ON_ERROR_STOP=1', '--quiet', 'postgres'], { input: text });
    }

    // Look-ups a second, with so many clients.
    async measure(seconds, clients = this.clients) {
        const { stdout } = await must(path.join(this.bin, 'pgbench'), ['--host', this.folder,
            '--username', 'bench', '--no-vacuum', '--protocol', 'prepared',
            '--define', `persons=${this.persons}`, '--file', this.script, '--client', String(clients),
            '--jobs', '2', '--time', String(Math.max(1, Math.round(seconds))), 'postgres']);
        const rate = /^tps = ([0-9.]+)/m.exec(stdout);
        if (!rate || !/number of failed transactions: 0 /.test(stdout)) {
            throw new Error(`pgbench said: ${stdout}`);
        }
        return { perSecond: Number(rate[1]) };
    }

    // As many clients as give the best rate.
    async settle(seconds) {
        const rates = [];
        for (const clients of CLIENTS) {
            rates.push((await this.measure(seconds, clients)).perSecond);
        }
        this.clients = CLIENTS[rates.indexOf(Math.max(...rates))];
        return this.clients;
    }

    async stop() {
        const ended = new Promise((resolve) => {
            this.child.on('close', resolve);
        });
        this.child.kill('SIGINT'); // its fast shutdown
        const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS_MAX);
        await ended;
        clearTimeout(timer);
        rmSync(this.folder, { recursive: true, force: true });
    }
}

// Null, and why, when it cannot be had: it is a yardstick, and nothing of ours needs it.
export async function startPostgres(persons) {
    const bin = programs();
    if (bin === null) {
        return { postgres: null, why: 'PostgreSQL is not installed' };
    }
    const who = await identity();
    const folder = path.join(root, 'build/bench/postgres');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isRoot) {
        chownSync(folder, who.uid, who.gid);
        if ((await run('ls', [folder], { who })).status !== 0) {
            return { postgres: null, why: `the user ${USER} may not reach ${folder}` };
        }
    }
    const postgres = new Postgres(folder, bin, who, persons);
    await postgres.start();
    const version = (await must(path.join(bin, 'postgres'), ['--version'])).stdout.trim();
    return { postgres, version };
}
