/** Bytes of a room: what is not larger is read in one piece. */
export const roomSize = 4 * 2 ** 20;
/** Rooms that are kept. Pages of them that nothing was written to take no memory. */
const mostKept = 16;
/** Below it a buffer of its own is as cheap. */
const worthIt = 64 * 2 ** 10;

/**
 * Memory for whole objects that is used again and again. Where each object gets its own the garbage collector has more
 * to do than the copy.
 */
const free: Buffer[] = [];
const retired = new WeakSet<ArrayBufferLike>();

/** Lends a room for an object of that size; what `work` returns must not hold on to it. */
export async function withRoom<T>(size: number, work: (room: Buffer | undefined) => Promise<T>): Promise<T> {
    if (size < worthIt || size > roomSize) return work(undefined);
    const room = free.pop() ?? Buffer.allocUnsafeSlow(roomSize);
    // Where it failed a broken connection may still read from it: it is not used again.
    const result = await work(room);
    if (free.length < mostKept && !retired.has(room.buffer)) free.push(room);
    return result;
}

/** A connection broke that was sending this content. */
export function retire(content: Buffer): void {
    retired.add(content.buffer);
}
