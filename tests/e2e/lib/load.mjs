// Many asks at once, each answer handed to its own asker.

// Runs `ask(i)` for i below count, at most `atOnce` at a time; the answers in order.
export async function flood(count, atOnce, ask) {
    const answers = new Array(count);
    let next = 0;
    const worker = async () => {
        while (next < count) {
            const i = next++;
            answers[i] = await ask(i);
        }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
    return answers;
}

export function tally(values) {
    const counts = {};
    for (const value of values) {
        counts[value] = (counts[value] ?? 0) + 1;
    }
    return counts;
}

export const codeOf = (answer) => (answer.status === 200 ? 'disclosed' : answer.json?.code);
