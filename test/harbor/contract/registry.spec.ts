import assert from "node:assert/strict";
import { waitFor } from "../../../lib/wait";
import { contract } from "./harbor";
import { askToken, blob, grants, image, manifestType, pathOf, pull, push, Repository, scope, sizeOf } from "./images";
import { some } from "./like";

contract("the registry's tokens", (harbor) => {
    it("are asked for by a challenge that names the service and the scope", async () => {
        const { anonymous } = harbor();
        const root = (await anonymous.sendTo("GET", "/v2/", {})).is(401);
        const challenge = root.header("www-authenticate") ?? "";
        assert.match(challenge, /^Bearer realm="https?:\/\/[^"]+\/service\/token",service="harbor-registry"/);
        assert.equal(root.header("docker-distribution-api-version"), "registry/2.0");
        root.fails(401, "UNAUTHORIZED");
        const { name } = await harbor().project();
        const manifest = await anonymous.sendTo("GET", `/v2/${name}/app/manifests/1`, {});
        assert.match(
            manifest.is(401).header("www-authenticate") ?? "",
            new RegExp(`scope="repository:${name}/app:pull"`),
        );
        const upload = await anonymous.sendTo("POST", `/v2/${name}/app/blobs/uploads/`, { body: "" });
        assert.match(upload.is(401).header("www-authenticate") ?? "", /scope="repository:[^"]+:(pull,push|push,pull)"/);
    });

    it("are given for all that the user may do there, whatever was asked for", async () => {
        const { admin, anonymous } = harbor();
        const secret = await harbor().project();
        const open = await harbor().project({ metadata: { public: "true" } });
        const given = async (api: typeof admin, name: string, actions = "pull"): Promise<readonly string[]> => {
            const answer = await askToken(api, scope(`${name}/app`, actions));
            answer.has({ token: some, expires_in: some, issued_at: /^20\d\d-/, access_token: "" });
            return grants(answer);
        };
        assert.deepEqual(await given(admin, secret.name), ["delete", "pull", "push"]);
        assert.deepEqual(await given(anonymous, open.name, "pull,push"), ["pull"]);
        const user = harbor().as(await harbor().user());
        assert.deepEqual(await given(user, open.name, "pull,push"), ["pull"]);
        const robot = harbor().as(await harbor().robot(secret, ["pull"]));
        assert.deepEqual(await given(robot, secret.name, "pull,push"), ["pull"]);
    });

    it("are given for nothing, and not refused, where the user may do nothing", async () => {
        const { admin, anonymous } = harbor();
        const { name } = await harbor().project();
        const nothing = async (api: typeof admin, project: string): Promise<void> => {
            assert.deepEqual(grants((await askToken(api, scope(`${project}/app`, "pull"))).is(200)), []);
        };
        await nothing(anonymous, name);
        await nothing(harbor().as(await harbor().user()), name);
        await nothing(admin, harbor().name("missing"));
    });

    it("are for reading where the robot may only pull, and a push is refused with 401", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const repository = `${project.name}/app`;
        const pushed = image("for readers");
        await push(admin, repository, "1", pushed);
        const reader = harbor().as(await harbor().robot(project, ["pull"]));
        await pull(reader, repository, "1", pushed);
        const target = await Repository.open(reader, repository, "pull,push");
        (await target.call("POST", "/blobs/uploads/", { body: "" })).fails(401, "UNAUTHORIZED");
    });

    it("are an anonymous one's for who gives a wrong password and a scope, and refused without a scope", async () => {
        const open = await harbor().project({ metadata: { public: "true" } });
        const wrong = harbor().as({ user: harbor().name("nobody"), password: "wrong" });
        assert.deepEqual(grants((await askToken(wrong, scope(`${open.name}/app`, "pull,push"))).is(200)), ["pull"]);
        assert.equal((await askToken(wrong)).is(401).text, "");
        assert.equal((await askToken(harbor().anonymous)).is(401).text, "");
        (await askToken(harbor().admin)).has({ token: some });
    });

    it("are checked by their signature", async () => {
        const { name } = await harbor().project();
        const forged = await harbor().anonymous.sendTo("GET", `/v2/${name}/app/tags/list`, {
            headers: { authorization: "Bearer eyJhbGciOiJub25lIn0.e30." },
        });
        forged.fails(401, "UNAUTHORIZED");
    });

    it("are not needed by who gives a password with each call", async () => {
        const { admin } = harbor();
        (await admin.sendTo("GET", "/v2/", {})).is(200);
        const wrong = harbor().as({ user: harbor().name("nobody"), password: "wrong" });
        const refused = await wrong.sendTo("GET", "/v2/", {});
        refused.fails(401, "UNAUTHORIZED");
        assert.equal(refused.header("www-authenticate"), 'Basic realm="harbor"');
    });

    it("of another kind of service are refused, and POST is no method of theirs", async () => {
        const { admin } = harbor();
        (await admin.sendTo("GET", "/service/token?service=harbor-nothing", {})).is(400);
        (await admin.sendTo("POST", "/service/token?service=harbor-registry", { body: "" })).is(405);
    });
});

contract("the registry's images", (harbor) => {
    const artifactsOf = (project: string, repository: string): string =>
        `/projects/${project}/repositories/${encodeURIComponent(encodeURIComponent(repository))}/artifacts`;

    it("are pushed and pulled by tag and by digest with a robot's account", async () => {
        const project = await harbor().project();
        const robot = harbor().as(await harbor().robot(project, ["pull", "push"]));
        const pushed = image("whole", 300_000);
        await push(robot, `${project.name}/app`, "1", pushed);
        await pull(robot, `${project.name}/app`, "1", pushed);
        await pull(robot, `${project.name}/app`, pushed.manifest.digest, pushed);
    });

    it("are artifacts of the API afterwards, with size, tags and time", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        const pushed = image("listed", 40_000);
        await push(admin, `${name}/team/app`, "1", pushed);
        await push(admin, `${name}/team/app`, "latest", pushed);
        const repositories = (await admin.get(`/projects/${name}/repositories`)).is(200);
        repositories.has([{ name: `${name}/team/app`, artifact_count: 1, project_id: some }]);
        const path = artifactsOf(name, "team/app");
        const artifacts = (await admin.get(path, { with_tag: true })).is(200);
        artifacts.has([
            {
                digest: pushed.manifest.digest,
                size: sizeOf(pushed),
                type: "IMAGE",
                media_type: "application/vnd.oci.image.config.v1+json",
                manifest_media_type: manifestType,
                push_time: /^20\d\d-/,
                tags: some,
            },
        ]);
        assert.equal(artifacts.header("x-total-count"), "1");
        const tags = (await admin.get(`${path}/${pushed.manifest.digest}/tags`)).is(200).list;
        assert.deepEqual(tags.map((tag) => tag["name"]).sort(), ["1", "latest"]);
        (await admin.get(`${path}/latest`)).has({ digest: pushed.manifest.digest });
        (await admin.get(`${path}/missing`)).fails(404, "NOT_FOUND");
        const once = await admin.get(`/projects/${name}/repositories/team%2Fapp/artifacts`);
        assert.equal(once.is(200).list.length, 1);
        (await admin.get(`/projects/${name}/repositories/team/app/artifacts`)).is(404);
        (await admin.get(`/projects/${name}`)).has({ repo_count: 1 });
    });

    it("have their tags listed by the registry, in pages", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        const pushed = image("tagged");
        await push(admin, `${name}/app`, "a", pushed);
        const target = await Repository.open(admin, `${name}/app`, "pull,push");
        for (const tag of ["b", "c"]) (await target.putManifest(tag, pushed.manifest)).is(201);
        (await target.call("GET", "/tags/list")).has({ name: `${name}/app`, tags: ["a", "b", "c"] });
        const page = (await target.call("GET", "/tags/list", { query: { n: "2" } })).has({ tags: ["a", "b"] });
        assert.match(page.header("link") ?? "", /rel="next"/);
    });

    it("answer HEAD with size and digest, and 404 with a code where there is none", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        const pushed = image("asked for");
        await push(admin, `${name}/app`, "1", pushed);
        const source = await Repository.open(admin, `${name}/app`, "pull");
        const head = await source.call("HEAD", "/manifests/1", { headers: { accept: manifestType } });
        assert.equal(head.is(200).header("docker-content-digest"), pushed.manifest.digest);
        assert.equal(head.header("content-length"), String(pushed.manifest.bytes.length));
        (await source.call("HEAD", `/blobs/${pushed.config.digest}`)).is(200);
        (await source.getManifest("missing")).is(404);
        (await source.call("GET", `/blobs/${blob(Buffer.from("none")).digest}`)).is(404);
    });

    it("are refused where their project, a blob of theirs or their digest is not right", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        const pushed = image("broken");
        const target = await Repository.open(admin, `${name}/app`, "pull,push");
        (await target.putManifest("1", pushed.manifest)).is(400);
        const wrong = { bytes: pushed.config.bytes, digest: blob(Buffer.from("another")).digest };
        (await target.putBlob(wrong)).fails(400, "DIGEST_INVALID");
        const missing = await Repository.open(admin, `${harbor().name("missing")}/app`, "pull,push");
        const refused = await missing.call("POST", "/blobs/uploads/", { body: "" });
        assert.ok([401, 403, 404].includes(refused.status), String(refused.status));
    });

    it("are pushed in pieces, too", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        const target = await Repository.open(admin, `${name}/app`, "pull,push");
        const whole = image("pieces", 100_000).layers[0];
        assert.ok(whole);
        let location = await target.startUpload();
        for (const [from, to] of [
            [0, 60_000],
            [60_000, 100_000],
        ] as const) {
            const piece = await target.at("PATCH", location, {
                body: whole.bytes.subarray(from, to),
                headers: { "content-type": "application/octet-stream", "content-range": `${from}-${to - 1}` },
            });
            assert.equal(piece.is(202).header("range"), `0-${to - 1}`);
            location = pathOf(piece.header("location"));
        }
        const digest = encodeURIComponent(whole.digest);
        const done = await target.at("PUT", `${location}${location.includes("?") ? "&" : "?"}digest=${digest}`, {
            body: "",
        });
        assert.equal(done.is(201).header("docker-content-digest"), whole.digest);
        const back = await target.call("GET", `/blobs/${whole.digest}`);
        assert.ok(back.is(200).bytes.equals(whole.bytes));
        const part = await target.call("GET", `/blobs/${whole.digest}`, { headers: { range: "bytes=10-19" } });
        assert.ok(part.is(206).bytes.equals(whole.bytes.subarray(10, 20)));
    });

    it("take a blob from another repository without sending it again", async () => {
        const { admin } = harbor();
        const [from, to] = [await harbor().project(), await harbor().project()];
        const pushed = image("mounted");
        const [layer] = pushed.layers;
        assert.ok(layer);
        await push(admin, `${from.name}/app`, "1", pushed);
        const target = await Repository.open(admin, `${to.name}/app`, "pull,push", scope(`${from.name}/app`, "pull"));
        const query = { mount: layer.digest, from: `${from.name}/app` };
        const mounted = await target.call("POST", "/blobs/uploads/", { body: "", query });
        assert.equal(mounted.is(201).header("docker-content-digest"), layer.digest);
        (await target.call("HEAD", `/blobs/${layer.digest}`)).is(200);
    });

    it("are deleted by digest: the artifact and its tags are gone from both", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const repository = `${project.name}/app`;
        const pushed = image("deleted");
        await push(admin, repository, "1", pushed);
        const robot = harbor().as(await harbor().robot(project, ["pull", "push", "delete"]));
        const target = await Repository.open(robot, repository, "pull,delete");
        (await target.call("DELETE", `/manifests/${pushed.manifest.digest}`)).is(202);
        (await admin.get(`${artifactsOf(project.name, "app")}/1`)).fails(404, "NOT_FOUND");
        (await target.getManifest("1")).is(404);
        (await target.getManifest(pushed.manifest.digest)).is(404);
    });

    it("are deleted over the API by tag or digest, and a tag alone", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        const pushed = image("tags");
        await push(admin, `${name}/app`, "1", pushed);
        await push(admin, `${name}/app`, "2", pushed);
        const path = artifactsOf(name, "app");
        (await admin.delete(`${path}/1/tags/1`)).isEmpty(200);
        (await admin.get(`${path}/1`)).fails(404, "NOT_FOUND");
        (await admin.get(`${path}/2`)).is(200);
        const tagged = await admin.post(`${path}/2/tags`, { name: "three" });
        assert.equal(tagged.is(201).header("location"), undefined);
        (await admin.post(`${path}/2/tags`, { name: "three" })).fails(409, "CONFLICT");
        (await admin.delete(`${path}/${pushed.manifest.digest}`)).isEmpty(200);
        (await admin.get(path)).has([]);
    });

    it("have a pull counted", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        const pushed = image("pulled");
        await push(admin, `${name}/app`, "1", pushed);
        await pull(admin, `${name}/app`, "1", pushed);
        await waitFor(
            async () => {
                const { json } = await admin.get(`/projects/${name}/repositories/app`);
                return Number((json as Record<string, unknown>)["pull_count"] ?? 0) > 0 ? true : undefined;
            },
            { what: "the pull to be counted", timeoutMs: 30_000, intervalMs: 500 },
        );
    });
});
