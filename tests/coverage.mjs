// Branch coverage of the unit tests, room by room, from what llvm-cov exports (tests/coverage).
//
// Counted are outcomes: each condition has two, each label of a switch one. A condition inside a
// macro counts at every place where the macro stands (so each TRY has to fail once). Not counted, by
// this one rule: what stands inside CHECK(...). It states our own invariants, and its other outcome
// is abort(); how many CHECKs a room has is told beside.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');

// Where every outcome has to be seen.
const WHOLE = [
    /^policy\//,
    /^seal\//,
    /^ledger\/(recover|recover_base|scan|record|snapshot|clear)\.c$/,
];
const KIND_EXPANSION = 1;

const sources = new Map();

// Lines of a file, and where its CHECKs stand: [first line, first column, last line, last column].
function sourceOf(file) {
    if (!sources.has(file)) {
        const text = readFileSync(path.join(ROOT, 'src', file), 'utf8');
        sources.set(file, { lines: text.split('\n'), checks: checksOf(text) });
    }
    return sources.get(file);
}

function placeAt(text, at) {
    const before = text.slice(0, at);
    const line = before.split('\n').length;
    return [line, Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1)) + 1];
}

function checksOf(text) {
    const found = [];
    for (const match of text.matchAll(/\bCHECK\(/g)) {
        let depth = 1;
        let at = match.index + match[0].length;
        for (; depth > 0; at++) {
            assert.ok(at < text.length, 'a CHECK ends');
            if (text[at] === "'" && text[at + 2] === "'") {
                at += 2;
            } else if (text[at] === '"') {
                at = text.indexOf('"', at + 1);
            } else {
                depth += { '(': 1, ')': -1 }[text[at]] ?? 0;
            }
        }
        if (!/^[ \t]*#define/m.test(text.slice(text.lastIndexOf('\n', match.index) + 1, match.index))) {
            found.push([...placeAt(text, match.index), ...placeAt(text, at)]);
        }
    }
    return found;
}

function inside([l1, c1, l2, c2], line, column) {
    return (line > l1 || (line === l1 && column >= c1)) && (line < l2 || (line === l2 && column < c2));
}

// The place of a branch in the function's own file: up through the macros that it came by.
function placesOf(fn, branch) {
    const chain = [branch.slice(0, 4)];
    let file = branch[6];
    while (file !== 0) {
        const region = fn.regions.find((r) => r[7] === KIND_EXPANSION && r[6] === file);
        if (region === undefined) {
            break;
        }
        chain.push(region.slice(0, 4));
        file = region[5];
    }
    return { chain, file };
}

function roomPath(name) {
    const parts = path.resolve(name).split('/src/');
    return parts.length < 2 ? null : parts.at(-1);
}

// All branches of src/: key -> { file, line, text, seen: [true, false] }.
function branchesOf(data) {
    const branches = new Map();
    for (const fn of data.functions) {
        for (const branch of fn.branches) {
            const { chain, file } = placesOf(fn, branch);
            const name = roomPath(fn.filenames[file]);
            if (name === null) {
                continue;
            }
            const [line, column, lineEnd, columnEnd] = chain.at(-1);
            const key = [name, ...chain.flat(), branch[6] === file].join(' ');
            const known = branches.get(key) ?? { file: name, line, column, lineEnd, columnEnd, seen: [0, 0] };
            known.seen[0] += branch[4];
            known.seen[1] += branch[5];
            known.macro = chain.length > 1;
            branches.set(key, known);
        }
    }
    return [...branches.values()];
}

const isCheck = (branch) =>
    sourceOf(branch.file).checks.some((check) => inside(check, branch.line, branch.column));

function textOf(branch) {
    const lines = sourceOf(branch.file).lines;
    const bytes = Buffer.from(lines[branch.line - 1]);
    const end = branch.lineEnd === branch.line ? branch.columnEnd - 1 : bytes.length;
    return bytes.subarray(branch.column - 1, end).toString();
}

// A label has one outcome: to be gone to.
const isLabel = (branch) => /^(case\b|default\b)/.test(textOf(branch));
const outcomesOf = (branch) => (isLabel(branch) ? [branch.seen[0]] : branch.seen);

function filesOf(folder) {
    return readdirSync(path.join(ROOT, 'src', folder), { recursive: true })
        .filter((name) => name.endsWith('.c'))
        .map((name) => `${folder}/${name}`);
}

function row(name, branches, files) {
    const outcomes = branches.flatMap(outcomesOf);
    const seen = outcomes.filter((count) => count > 0).length;
    const checks = files.reduce((sum, file) => sum + sourceOf(file).checks.length, 0);
    const share = outcomes.length === 0 ? '-' : ((100 * seen) / outcomes.length).toFixed(2);
    console.log(`| ${name} | ${files.length} | ${outcomes.length} | ${seen} | ${share} | ${checks} |`);
    return seen === outcomes.length;
}

function missing(branches) {
    for (const branch of branches.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line)) {
        const outcomes = outcomesOf(branch);
        const never = [];
        if (outcomes[0] === 0) {
            never.push(outcomes.length === 1 ? 'reached' : 'true');
        }
        if (outcomes[1] === 0) {
            never.push('false');
        }
        if (never.length > 0) {
            console.log(`src/${branch.file}:${branch.line}: never ${never.join(', never ')}: ${textOf(branch)}`);
        }
    }
}

function main(exported, only) {
    const data = JSON.parse(readFileSync(exported, 'utf8')).data[0];
    const branches = branchesOf(data).filter((branch) => !isCheck(branch));
    const rooms = readdirSync(path.join(ROOT, 'src')).filter((name) => !name.includes('.'));
    const isWhole = (file) => WHOLE.some((pattern) => pattern.test(file));
    console.log('| room | files | outcomes | seen | % | CHECKs, not counted |');
    console.log('|---|---|---|---|---|---|');
    for (const room of rooms.sort()) {
        row(room, branches.filter((b) => b.file.startsWith(`${room}/`)), filesOf(room));
    }
    const wholeFiles = rooms.flatMap(filesOf).filter(isWhole);
    const whole = branches.filter((branch) => isWhole(branch.file));
    const good = row('**must be whole**', whole, wholeFiles);
    missing(only === undefined ? whole : branches.filter((branch) => branch.file.startsWith(only)));
    process.exitCode = good ? 0 : 1;
}

main(process.argv[2], process.argv[3]);
