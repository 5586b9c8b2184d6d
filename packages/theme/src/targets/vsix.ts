/** A Visual Studio Code extension as one file: an Open Packaging Conventions zip, the same bytes for the same files. */
import { strToU8, type Zippable, zipSync } from 'fflate';
import { xml } from './plist.ts';
import type { TargetFile, ThemeInfo } from './target.ts';

const contentTypes = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension=".json" ContentType="application/json"/><Default Extension=".md" ContentType="text/markdown"/><Default Extension=".vsixmanifest" ContentType="text/xml"/></Types>
`;

export function vsix(files: readonly TargetFile[], info: ThemeInfo & { readonly title: string }): Uint8Array {
  const entries: Record<string, Uint8Array> = {
    'extension.vsixmanifest': strToU8(manifest(info)),
    '[Content_Types].xml': strToU8(contentTypes),
  };
  for (const { path, content } of files)
    entries[`extension/${path}`] = typeof content === 'string' ? strToU8(content) : content;
  return zipSync(entries as Zippable, { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o644 << 16 });
}

function manifest({ author, name, version, about, title }: ThemeInfo & { readonly title: string }): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity Language="en-US" Id="${xml(name)}" Version="${xml(version.replace(/-.*$/, ''))}" Publisher="${xml(author)}"/>
    <DisplayName>${xml(title)}</DisplayName>
    <Description xml:space="preserve">${xml(about)}</Description>
    <Tags>theme,color-theme,mlld</Tags>
    <Categories>Themes</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="^1.70.0"/>
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
  </Assets>
</PackageManifest>
`;
}
