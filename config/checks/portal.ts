import { readPortalFiles } from "../portal-files";
import type { Settings } from "../schema";

/** A portal with a missing logo shows a broken image to everybody, and a ConfigMap that is too large fails the update. */
export function checkPortal({ portal }: Settings): string[] {
    return [...readPortalFiles(portal).mistakes];
}
