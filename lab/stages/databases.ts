import { alive, conditionIsNotTrue, madeBeside, patchOf, serviceBeside, trueConditions, type Stage } from "./stage";

const name = "{{ .metadata.name }}";

/** Made once for each cluster: its UID is nobody's to guess, and the same at each turn. */
const password = '{{ printf "%s-%s" .metadata.uid $user | sha256sum | trunc 32 }}';

/** What CloudNativePG would do: its Services, and the Secret of the application's user. */
const cloudNativePg: Stage = {
    name: "cnpg-cluster-ready",
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    definition: "clusters.postgresql.cnpg.io",
    when: [alive, conditionIsNotTrue("Ready")],
    steps: [
        ...["rw", "ro", "r"].map((role) => serviceBeside(`${name}-${role}`, 5432)),
        madeBeside(
            { apiVersion: "v1", kind: "Secret", name: `${name}-app` },
            [
                "type: kubernetes.io/basic-auth",
                "stringData:",
                "  username: {{ $user | Quote }}",
                `  password: ${password}`,
                "  dbname: {{ $database | Quote }}",
                `  host: ${name}-rw`,
                '  port: "5432"',
            ],
            [
                '{{ $initdb := dig "bootstrap" "initdb" dict .spec }}',
                '{{ $user := dig "owner" "app" $initdb }}',
                '{{ $database := dig "database" "app" $initdb }}',
            ],
        ),
        patchOf("status", [
            ...trueConditions("Ready"),
            "phase: Cluster in healthy state",
            "instances: {{ .spec.instances }}",
            "readyInstances: {{ .spec.instances }}",
            `currentPrimary: ${name}-1`,
            `targetPrimary: ${name}-1`,
            `writeService: ${name}-rw`,
            `readService: ${name}-r`,
        ]),
    ],
};

/** What Zalando's operator would do: its Services, and the Secret of the first user. A Stage makes one object at a time. */
const zalando: Stage = {
    name: "zalando-postgresql-running",
    apiVersion: "acid.zalan.do/v1",
    kind: "postgresql",
    definition: "postgresqls.acid.zalan.do",
    when: [alive, { key: ".status.PostgresClusterStatus", operator: "NotIn", values: ["Running"] }],
    steps: [
        ...["", "-repl"].map((role) => serviceBeside(`${name}${role}`, 5432)),
        madeBeside(
            {
                apiVersion: "v1",
                kind: "Secret",
                name: `{{ $user | replace "_" "-" }}.${name}.credentials.postgresql.acid.zalan.do`,
            },
            ["type: Opaque", "stringData:", "  username: {{ $user | Quote }}", `  password: ${password}`],
            ['{{ $user := keys (or .spec.users (dict "postgres" list)) | sortAlpha | first }}'],
        ),
        patchOf("status", ["PostgresClusterStatus: Running"]),
    ],
};

export const databaseStages: readonly Stage[] = [cloudNativePg, zalando];
