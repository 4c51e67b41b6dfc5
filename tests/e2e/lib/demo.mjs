// Demonstrations for tests: made once for a given binary, policy, population; copied for whoever
// changes one. A home is never shared by two servers.
import { createHash } from 'node:crypto';
import {
    createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { binary, must, root, run, workFolder } from './command.mjs';
import { readVkey } from './note.mjs';

export const PERSONS = 100_000; // the demonstration that users have

function fingerprint() {
    const hash = createHash('sha256');
    const policy = path.join(root, 'policy');
    const files = [binary, path.join(root, 'tools/demo'),
        ...readdirSync(policy).sort().map((name) => path.join(policy, name))];
    for (const file of files) {
        hash.update(readFileSync(file));
    }
    return hash.digest('hex').slice(0, 16);
}

const DEMO_MS_MAX = 1_800_000; // of a million people

async function make(dir, persons, seed, hidden) {
    mkdirSync(dir);
    await must(path.join(root, 'tools/demo'), [dir, binary], making(persons, seed, hidden));
}

// Without officers, so that tests may add to it by hand; who wants them makes them (officers.mjs).
function making(persons, seed, hidden) {
    return {
        env: { DANCU_DEMO_PERSONS: String(persons), DANCU_DEMO_SEED: String(seed),
            DANCU_DEMO_PROTECTED: hidden ? String(hidden) : '', DANCU_DEMO_OFFICERS: '' },
        timeoutMs: DEMO_MS_MAX,
    };
}

// Makes $2 by the maker $1 beside its place and moves it there whole, unless another has by now.
const MAKE_ONE = `[ -e "$2" ] || { rm -rf "$2.part" && mkdir "$2.part" && "$1" "$2.part" "$3" &&
    mv "$2.part" "$2"; }`;

// Made once, however many want it at once; those of other binaries are removed.
async function pristine(persons, seed, hidden) {
    const folder = path.join(workFolder, 'demo');
    const mark = fingerprint();
    const place = path.join(folder, `${mark}-${persons}-${seed}${hidden ? `-${hidden}` : ''}`);
    if (existsSync(place)) {
        return place;
    }
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
        if (!name.startsWith(mark) && !name.startsWith('people-')) {
            rmSync(path.join(folder, name), { recursive: true, force: true });
        }
    }
    await must('flock', [`${place}.lock`, 'sh', '-c', MAKE_ONE, 'sh', path.join(root, 'tools/demo'),
        place, binary], making(persons, seed, hidden));
    return place;
}

export class Demonstration {
    constructor(dir, persons, seed) {
        this.dir = dir;
        this.persons = persons;
        this.seed = seed;
        this.home = path.join(dir, 'home');
        this.keys = path.join(dir, 'keys');
        this.tls = path.join(dir, 'tls');
        this.vkeyFile = path.join(dir, 'vkey.txt');
    }

    get ca() {
        return readFileSync(path.join(this.dir, 'ca.pem'));
    }

    get vkey() {
        return readVkey(readFileSync(this.vkeyFile, 'utf8'));
    }

    // Certificate and key of one of its clients, as files and as bytes.
    client(name) {
        const folder = path.join(this.dir, 'clients', name);
        const certPath = path.join(folder, 'cert.pem');
        const keyPath = path.join(folder, 'key.pem');
        return { certPath, keyPath, cert: readFileSync(certPath), key: readFileSync(keyPath) };
    }

    samples() {
        return readLines(path.join(this.dir, 'samples.ndjson'));
    }

    hidden() {
        return readLines(path.join(this.dir, 'hidden.ndjson'));
    }

    // The lines of the whole population: the generator gives the same again.
    async peopleFile() {
        const file = path.join(workFolder, 'demo', `people-${this.persons}-${this.seed}.ndjson`);
        if (!existsSync(file)) {
            const part = `${file}.part-${process.pid}`;
            await must(binary, ['seed', '--persons', String(this.persons), '--seed',
                String(this.seed), '--out', part]);
            renameSync(part, file);
        }
        return file;
    }

    // Every person of the population, one after the other.
    async* people() {
        const file = await this.peopleFile();
        for await (const line of createInterface({ input: createReadStream(file) })) {
            yield JSON.parse(line);
        }
    }

    // A command of dancu about this home.
    dancu(args, options) {
        return run(binary, args, {
            ...options, env: { DANCU_HOME: this.home, DANCU_KEYS: this.keys, ...options?.env },
        });
    }

    async act(...args) {
        const result = await this.dancu(args);
        if (result.status !== 0) {
            throw new Error(`dancu ${args.join(' ')}: ${result.status}\n${result.stderr}`);
        }
        return result.stdout;
    }

    // Issues a client's certificate by the demonstration's own CA; valid for days (may be past).
    async issue(name, { days = 30, from } = {}) {
        const folder = path.join(this.dir, 'clients', name);
        const request = path.join(folder, 'request.pem');
        mkdirSync(folder, { recursive: true });
        await must('openssl', ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
            '-nodes', '-sha256', '-subj', `/O=dancu test/CN=${name}`,
            '-keyout', path.join(folder, 'key.pem'), '-out', request]);
        await must('openssl', ['x509', '-req', '-in', request, '-days', String(days),
            '-CA', path.join(this.dir, 'ca.pem'), '-CAkey', path.join(this.tls, 'ca-key.pem'),
            '-set_serial', `0x${createHash('sha256').update(name + from).digest('hex').slice(0, 30)}`,
            '-out', path.join(folder, 'cert.pem')]);
        return this.client(name);
    }

    remove() {
        if (!process.env.DANCU_KEEP) {
            rmSync(this.dir, { recursive: true, force: true });
        }
    }
}

export function readLines(file) {
    return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '')
        .map((line) => JSON.parse(line));
}

// A demonstration of one's own, to be changed at will. `into`: a folder elsewhere (another mount). One
// that is larger than users have is made where it is wanted: there is no room for it twice.
export async function demonstration(name, { persons = PERSONS, seed = 2021, hidden, into } = {}) {
    const dir = into ?? path.join(workFolder, 'run', `${name}-${process.pid}`);
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(path.dirname(dir), { recursive: true });
    if (persons > PERSONS) {
        await make(dir, persons, seed, hidden);
        return new Demonstration(dir, persons, seed);
    }
    const from = await pristine(persons, seed, hidden);
    await must('cp', ['-a', '--sparse=always', from, dir]);
    return new Demonstration(dir, persons, seed);
}
