import { alive, conditionIsNotTrue, madeBeside, patchOf, trueConditions, type Stage } from "./stage";

/** Days that a simulated certificate is valid; cert-manager's own default. */
const days = 90;

const apiVersion = "cert-manager.io/v1";

/**
 * What cert-manager would do. Each certificate is signed by itself: a real key pair for the names that were asked for,
 * by no authority that anybody would trust.
 */
export const certificateStages: readonly Stage[] = [
    ...["Issuer", "ClusterIssuer"].map((kind) => ({
        name: `${kind.toLowerCase()}-ready`,
        apiVersion,
        kind,
        definition: `${kind.toLowerCase()}s.cert-manager.io`,
        when: [alive, conditionIsNotTrue("Ready")],
        steps: [patchOf("status", trueConditions("Ready"))],
    })),
    {
        name: "certificate-ready",
        apiVersion,
        kind: "Certificate",
        definition: "certificates.cert-manager.io",
        when: [alive, conditionIsNotTrue("Ready")],
        steps: [
            madeBeside(
                { apiVersion: "v1", kind: "Secret", name: "{{ .spec.secretName | Quote }}" },
                [
                    "type: kubernetes.io/tls",
                    "data:",
                    "  tls.crt: {{ $pair.Cert | b64enc }}",
                    "  tls.key: {{ $pair.Key | b64enc }}",
                    "  ca.crt: {{ $pair.Cert | b64enc }}",
                ],
                [
                    "{{ $names := or .spec.dnsNames list }}",
                    "{{ $addresses := or .spec.ipAddresses list }}",
                    '{{ $common := or .spec.commonName (first (append (concat $names $addresses) "lab")) }}',
                    `{{ $pair := genCA $common ${String(days)} }}`,
                    "{{ if not .spec.isCA }}",
                    `{{ $pair = genSelfSignedCert $common $addresses $names ${String(days)} }}`,
                    "{{ end }}",
                ],
            ),
            patchOf("status", [
                ...trueConditions("Ready"),
                'notBefore: {{ now | date "2006-01-02T15:04:05Z07:00" | Quote }}',
                `notAfter: {{ now | dateModify "${String(days * 24)}h" | date "2006-01-02T15:04:05Z07:00" | Quote }}`,
                "revision: 1",
            ]),
        ],
    },
];
