import type { Api } from "./api";
import type { CallOptions } from "./deadline";

/** Settings that can be written; names and meaning as in Harbor's API. Every one may be left out. */
export interface ConfigurationValues {
    readonly read_only?: boolean;
    readonly auth_mode?: string;
    readonly primary_auth_mode?: boolean;
    readonly self_registration?: boolean;
    readonly banner_message?: string;
    readonly project_creation_restriction?: "everyone" | "adminonly";
    readonly quota_per_project_enable?: boolean;
    /** Bytes of a new project; -1 for no limit. */
    readonly storage_per_project?: number;
    /** Minutes. */
    readonly token_expiration?: number;
    /** Minutes. */
    readonly session_timeout?: number;
    readonly robot_name_prefix?: string;
    /** Days. */
    readonly robot_token_duration?: number;
    readonly notification_enable?: boolean;
    readonly scanner_skip_update_pulltime?: boolean;
    /** Host and port of a syslog server, tried when it is saved. */
    readonly audit_log_forward_endpoint?: string;
    /** Needs audit_log_forward_endpoint. */
    readonly skip_audit_log_database?: boolean;
    /** Event types, comma-separated. */
    readonly disabled_audit_log_event_types?: string;
    readonly oidc_name?: string;
    readonly oidc_endpoint?: string;
    readonly oidc_client_id?: string;
    readonly oidc_client_secret?: string;
    readonly oidc_scope?: string;
    readonly oidc_groups_claim?: string;
    readonly oidc_group_filter?: string;
    readonly oidc_admin_group?: string;
    readonly oidc_user_claim?: string;
    readonly oidc_auto_onboard?: boolean;
    readonly oidc_verify_cert?: boolean;
    readonly oidc_logout?: boolean;
    readonly oidc_extra_redirect_parms?: string;
    readonly ldap_url?: string;
    readonly ldap_base_dn?: string;
    readonly ldap_search_dn?: string;
    readonly ldap_search_password?: string;
    readonly ldap_uid?: string;
    readonly ldap_filter?: string;
    readonly ldap_scope?: number;
    readonly ldap_timeout?: number;
    readonly ldap_verify_cert?: boolean;
    readonly ldap_group_base_dn?: string;
    readonly ldap_group_search_filter?: string;
    readonly ldap_group_attribute_name?: string;
    readonly ldap_group_admin_dn?: string;
    readonly ldap_group_membership_attribute?: string;
    readonly ldap_group_search_scope?: number;
    readonly ldap_group_attach_parallel?: boolean;
}

/** A setting as it is read. */
export interface ConfigurationItem<T> {
    readonly value: T;
    /** False where CONFIG_OVERWRITE_JSON on core sets it: then nothing at all can be written. */
    readonly editable: boolean;
}

/** All settings but the passwords, which Harbor never shows. */
export type Configurations = {
    readonly [K in keyof ConfigurationValues]?: ConfigurationItem<NonNullable<ConfigurationValues[K]>>;
};

/** Harbor's settings. For administrators. */
export class ConfigurationsResource {
    constructor(private readonly api: Api) {}

    /** GET /configurations */
    async get(options?: CallOptions): Promise<Configurations> {
        const all = await this.api.get<Record<string, Partial<ConfigurationItem<unknown>>>>(
            "/configurations",
            {},
            options,
        );
        const filled = Object.entries(all).map(([name, item]) => [name, { editable: false, ...item }] as const);
        return Object.fromEntries(filled);
    }

    /**
     * PUT /configurations: those that are given; the others stay. An unknown name is ignored by Harbor. Works in
     * read-only mode, as the only change that does.
     * @throws HarborError of kind "settings-locked" where CONFIG_OVERWRITE_JSON is set
     */
    update(values: ConfigurationValues, options?: CallOptions): Promise<void> {
        return this.api.put("/configurations", values, options);
    }

    /** PUT /configurations {"read_only": ...}: counts from the next request on. Jobs go on all the same. */
    setReadOnly(readOnly: boolean, options?: CallOptions): Promise<void> {
        return this.update({ read_only: readOnly }, options);
    }
}
