import assert from "node:assert/strict";
import { encodedPath, S3Signer, sha256OfNothing } from "../../../automation/objects/s3-signature";
import { retire, roomSize, withRoom } from "../../../automation/objects/rooms";

describe("signed requests to S3", () => {
    const keys = { accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
    const noon = new Date("2013-05-24T00:00:00Z");
    const host = "examplebucket.s3.amazonaws.com";

    it("have the signature that the SDK gives them", () => {
        const signer = new S3Signer(keys, "us-east-1");
        const get = { method: "GET", host, path: "/test.txt", sha256: sha256OfNothing } as const;
        const headers = signer.sign(get, noon);
        assert.equal(headers["x-amz-date"], "20130524T000000Z");
        assert.match(
            headers["authorization"] ?? "",
            /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=df548e2ce037944d03f3e68682813b093763996d597cf890ca3d9037fd231eb4$/,
        );
        // The key of the day is kept; that of another day is another one.
        assert.deepEqual(signer.sign(get, noon), headers);
        const later = signer.sign(get, new Date("2013-05-25T00:00:00Z"));
        assert.notEqual(later["authorization"], headers["authorization"]);
        assert.deepEqual(signer.sign(get, noon), headers);
    });

    it("name keys as S3 signs them", () => {
        assert.equal(encodedPath("a b/ü/(x)*!'~-_."), "a%20b/%C3%BC/%28x%29%2A%21%27~-_.");
    });
});

describe("rooms for whole objects", () => {
    const lent = (size: number): Promise<Buffer | undefined> => withRoom(size, (room) => Promise.resolve(room));

    it("are used again, by one object at a time", async () => {
        const first = await lent(roomSize);
        assert.ok(first);
        const [one, two] = await Promise.all([lent(roomSize), lent(roomSize)]);
        assert.ok([one, two].includes(first));
        assert.notEqual(one, two);
    });

    it("are none for what is tiny or too large", async () => {
        assert.equal(await lent(10), undefined);
        assert.equal(await lent(roomSize + 1), undefined);
    });

    it("are never used again where a connection broke, or the work failed", async () => {
        const broken: (Buffer | undefined)[] = [];
        await withRoom(roomSize, (room) => {
            assert.ok(room);
            broken.push(room);
            retire(room.subarray(0, 10));
            return Promise.resolve();
        });
        await withRoom(roomSize, (room) => {
            broken.push(room);
            return Promise.reject(new Error("failed"));
        }).catch(() => undefined);
        const next = await Promise.all(Array.from({ length: 20 }, () => lent(roomSize)));
        for (const room of broken) assert.ok(!next.includes(room));
    });
});
