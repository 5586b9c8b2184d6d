/** The signatures in a `.sig` file, which stand one after the other. */
export function splitArmours(text: string): string[] {
  return text.split(/(?<=-----END SSH SIGNATURE-----\n?)/).filter((armour) => armour.trim() !== '');
}
