/** The known word that was most likely meant, or undefined where none is near (a third of its letters at most differ). */
export function nearest(word: string, known: readonly string[]): string | undefined {
    const ranked = known
        .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
        .sort((a, b) => a.distance - b.distance);
    const [best] = ranked;
    return best &&
        best.distance <= Math.max(2, Math.ceil(best.candidate.length / 3)) &&
        best.distance < best.candidate.length
        ? best.candidate
        : undefined;
}

/** Levenshtein's distance: insertions, deletions and replacements of a letter. */
function editDistance(a: string, b: string): number {
    let row = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (const [i, letter] of Array.from(a).entries()) {
        const next = [i + 1];
        for (const [j, other] of Array.from(b).entries()) {
            const [above = 0, diagonal = 0, left = 0] = [row[j + 1], row[j], next[j]];
            next.push(Math.min(above + 1, left + 1, diagonal + (letter === other ? 0 : 1)));
        }
        row = next;
    }
    return row[b.length] ?? 0;
}
