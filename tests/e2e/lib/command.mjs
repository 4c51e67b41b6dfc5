// Runs programs: dancu's own commands and Debian's tools. Nothing here knows what they mean.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const binary = process.env.DANCU_BINARY ?? path.join(root, 'build/release/dancu');
export const workFolder = path.join(root, 'build/e2e');
export const isRoot = process.getuid() === 0;

const COMMAND_MS_MAX = 240_000;

// What a program said and how it ended; a signal counts as status 128. `input` is a string, a Buffer
// or absent; `who`, { uid, gid }, another user as whom it runs.
export function run(file, args, { input, env, cwd = root, who, timeoutMs = COMMAND_MS_MAX } = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(file, args, {
            ...who,
            cwd,
            env: { ...process.env, ...env },
            stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        });
        const out = [];
        const err = [];
        const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
        child.stdout.on('data', (bytes) => out.push(bytes));
        child.stderr.on('data', (bytes) => err.push(bytes));
        child.on('error', (error) => {
            clearTimeout(timer);
            reject(error);
        });
        child.on('close', (status, signal) => {
            clearTimeout(timer);
            resolve({
                status: signal === null ? status : 128,
                signal,
                stdout: Buffer.concat(out).toString(),
                stderr: Buffer.concat(err).toString(),
            });
        });
        if (input !== undefined) {
            child.stdin.on('error', () => {}); // it ended without reading all: its status tells
            child.stdin.end(input);
        }
    });
}

// The same, and an error when it does not end well.
export async function must(file, args, options) {
    const result = await run(file, args, options);
    if (result.status !== 0) {
        throw new Error(`${file} ${args.join(' ')}: status ${result.status}` +
            `${result.signal ? ` (${result.signal})` : ''}\n${result.stderr}${result.stdout}`);
    }
    return result;
}

export function has(program) {
    return (process.env.PATH ?? '').split(':').some((dir) => existsSync(path.join(dir, program)));
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Asks again and again until it is so; the last answer, or an error that says what was waited for.
export async function until(what, question, { timeoutMs = 20_000, everyMs = 20 } = {}) {
    const end = Date.now() + timeoutMs;
    for (;;) {
        const answer = await question();
        if (answer) {
            return answer;
        }
        if (Date.now() > end) {
            throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
        }
        await sleep(everyMs);
    }
}

// The binary whose processes are taken, and its path. Two files that need it run at once: one builds,
// and the other finds it built, or it would be written while it runs.
export async function buildHostile() {
    const folder = path.dirname(binary);
    await must('flock', [path.join(folder, 'hostile.lock'), 'ninja', '-C', folder, '--quiet',
        'tests/hostile/dancu-hostile']);
    return path.join(folder, 'tests/hostile/dancu-hostile');
}
