// Holds wire/http1 against Node's parser (llhttp), and wire/json against JSON.parse: the same bytes
// to both. What ours accepts the other must accept and read alike; what only ours refuses is counted
// by our reason; anything else is a finding.
//   tests/fuzz/differential [http1] [json] [--inputs N] [--seed N]
import { once } from 'node:events';
import { METHODS } from 'node:http';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { must, root } from '../e2e/lib/command.mjs';
import { nodeReads, SENTINEL } from './lib/http1_node.mjs';
import { http1Inputs } from './lib/http1_inputs.mjs';
import { canonicalByNode } from './lib/json_node.mjs';
import { jsonInputs } from './lib/json_inputs.mjs';
import { Dice } from './lib/dice.mjs';

const BATCH = 512;
const SEED_BYTES_MAX = 4096;
const FINDINGS_SHOWN = 20;

// Reads by a library that the program below does without.
const BY_LIBRARY = ['xml.c', 'soap.c'];

// The program that tells what ours reads, built from the sources as they are.
async function buildReader() {
    const place = path.join(root, 'build/differential');
    const sources = ['src/wire', 'src/base'].flatMap((folder) => readdirSync(path.join(root, folder))
        .filter((name) => name.endsWith('.c') && !BY_LIBRARY.includes(name))
        .map((name) => path.join(folder, name)));
    mkdirSync(place, { recursive: true });
    await must('gcc', ['-std=gnu2x', '-O2', '-g', '-D_GNU_SOURCE', '-DDANCU_HEAP_ALLOWED', '-Isrc',
        '-include', 'base/banned.h', '-Wall', '-Wextra', '-Werror',
        '-o', path.join(place, 'reader'), 'tests/fuzz/reader.c', ...sources]);
    return path.join(place, 'reader');
}

// Our reader as a process: a batch of inputs in, as many lines out.
class Reader {
    constructor(program, what) {
        this.child = spawn(program, [what], { stdio: ['pipe', 'pipe', 'inherit'] });
        this.rest = '';
        this.lines = [];
        this.child.stdout.setEncoding('latin1');
        this.child.stdout.on('data', (text) => {
            const parts = (this.rest + text).split('\n');
            this.rest = parts.pop();
            this.lines.push(...parts);
        });
        this.ended = once(this.child, 'exit');
    }

    async read(inputs) {
        for (const input of inputs) {
            const size = Buffer.alloc(4);
            size.writeUInt32BE(input.length);
            this.child.stdin.write(size);
            this.child.stdin.write(input);
        }
        while (this.lines.length < inputs.length) {
            await Promise.race([once(this.child.stdout, 'data'), this.ended.then(([status]) => {
                throw new Error(`the reader ended with ${status}`);
            })]);
        }
        return this.lines.splice(0, inputs.length).map((line) => JSON.parse(line));
    }

    async close() {
        this.child.stdin.end();
        await this.ended;
    }
}

// Seeds: the ones in the tree and, when there are any, those of long runs.
function corpusOf(thing, skip) {
    return ['tests/fuzz/corpus', 'var/fuzz/corpus'].map((folder) => path.join(root, folder, thing))
        .filter((folder) => existsSync(folder))
        .flatMap((folder) => readdirSync(folder).sort().map((name) => path.join(folder, name)))
        .map((file) => readFileSync(file).subarray(skip))
        .filter((bytes) => bytes.length <= SEED_BYTES_MAX);
}

const hex = (text) => Buffer.from(text, 'latin1').toString('hex');

// What differs between a request of ours and Node's; null: nothing.
function requestDiffers(ours, node) {
    const fields = [];
    for (let i = 0; i < node.rawHeaders.length; i += 2) {
        fields.push([hex(node.rawHeaders[i]), hex(node.rawHeaders[i + 1])]);
    }
    const seen = {
        method: hex(node.method), target: hex(node.url), fields, body: node.body.toString('hex'),
    };
    for (const part of node.upgrades ? ['method', 'target', 'fields'] : Object.keys(seen)) {
        if (JSON.stringify(seen[part]) !== JSON.stringify(ours[part])) {
            return `${part}: ours ${JSON.stringify(ours[part])}, Node's ${JSON.stringify(seen[part])}`;
        }
    }
    return null;
}

// Ours passes over a wish for another protocol (RFC 9110 section 7.8); Node takes it, and the body
// for the first bytes of that protocol. Up to the head's end both must have read the same.
function judgeUpgrade(ours, node, input) {
    const behind = Buffer.concat([input.subarray(ours.head, ours.end), SENTINEL]);
    const what = requestDiffers(ours, { ...node.requests[0], upgrades: true });
    return what === null && node.leaves.rest.equals(behind)
        ? { agreed: 'accepted by both: an upgrade, which Node takes and ours passes over' }
        : { finding: `an upgrade, read differently: ${what}` };
}

function judgeHttp1(ours, node, input) {
    if (ours.end !== undefined) {
        if (!METHODS.includes(Buffer.from(ours.method, 'hex').toString('latin1'))) {
            return { agreed: 'accepted by ours; a method that Node has no name for' };
        }
        if (node.leaves?.event === 'upgrade') {
            return judgeUpgrade(ours, node, input);
        }
        const [first] = node.requests;
        if (first === undefined || !first.complete) {
            return { finding: `ours accepts, Node does not: ${node.error ?? 'waits'}` };
        }
        const what = requestDiffers(ours, first);
        if (what !== null) {
            return { finding: `read differently: ${what}` };
        }
        return node.endsRight
            ? { agreed: 'accepted by both: method, target, fields, body and end alike' }
            : { finding: `Node's request does not end where ours does: ${node.error ?? 'no other'}` };
    }
    const accepts = node.requests[0]?.complete === true;
    if (ours.more && node.leaves?.event === 'upgrade') {
        return { agreed: 'ours waits for a body; Node takes an upgrade' };
    }
    if (ours.more) {
        return accepts ? { finding: 'ours waits for more, Node has a whole request' }
            : { agreed: node.error ? 'ours waits for more; Node refuses already' : 'both wait for more' };
    }
    return accepts ? { stricter: ours.why }
        : { agreed: node.error ? 'refused by both' : 'refused by ours; Node waits for more' };
}

function judgeJson(ours, node) {
    if (ours.canonical !== undefined) {
        if (node.error !== undefined) {
            return { finding: `ours accepts, JSON.parse does not: ${node.error}` };
        }
        return hex(node.canonical) === ours.canonical
            ? { agreed: 'accepted by both, the same canonical form' }
            : { finding: `canonical: ours ${ours.canonical}, Node's ${hex(node.canonical)}` };
    }
    return node.error === undefined ? { stricter: ours.why } : { agreed: 'refused by both' };
}

const KINDS = {
    http1: {
        seeds: () => corpusOf('http1', 1),
        inputs: http1Inputs,
        node: (inputs, ours) => nodeReads(inputs, ours.map((said) => said.end)),
        judge: judgeHttp1,
    },
    json: {
        seeds: () => [...corpusOf('json', 0), ...corpusOf('ask_json', 0)],
        inputs: jsonInputs,
        node: (inputs) => inputs.map(canonicalByNode),
        judge: judgeJson,
    },
};

let program; // built once

// Runs `count` inputs; what came of them, by class.
export async function differential(what, count, seed) {
    const kind = KINDS[what];
    const reader = new Reader(await (program ??= buildReader()), what);
    const inputs = kind.inputs(new Dice(seed), kind.seeds());
    const found = { what, count, seed, agreed: {}, stricter: {}, findings: [] };
    for (let done = 0; done < count;) {
        const batch = Array.from({ length: Math.min(BATCH, count - done) }, () => inputs.next().value);
        const ours = await reader.read(batch);
        const node = await kind.node(batch, ours);
        batch.forEach((input, i) => {
            const verdict = kind.judge(ours[i], node[i], input);
            if (verdict.finding !== undefined) {
                found.findings.push({ why: verdict.finding, input: input.toString('latin1') });
            } else {
                const [where, name] = Object.entries(verdict)[0];
                found[where][name] = (found[where][name] ?? 0) + 1;
            }
        });
        done += batch.length;
    }
    await reader.close();
    return found;
}

function tell(found) {
    console.log(`\n${found.what}: ${found.count} inputs, seed ${found.seed}, ` +
        `${found.findings.length} findings\n`);
    console.log('| outcome | inputs |\n|---|---|');
    for (const [name, count] of Object.entries(found.agreed).sort()) {
        console.log(`| ${name} | ${count} |`);
    }
    for (const [name, count] of Object.entries(found.stricter).sort()) {
        console.log(`| only ours refuses: ${name} | ${count} |`);
    }
    for (const finding of found.findings.slice(0, FINDINGS_SHOWN)) {
        console.log(`FINDING ${finding.why}\n  ${JSON.stringify(finding.input)}`);
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            inputs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' },
        },
    });
    for (const what of positionals.length > 0 ? positionals : Object.keys(KINDS)) {
        const found = await differential(what, Number(values.inputs), Number(values.seed));
        tell(found);
        process.exitCode = found.findings.length > 0 ? 1 : process.exitCode;
    }
}
