/** Who has connected what, and to whom it belongs. */
export const cast: { name: string; owner: string; on: string[] }[] = [
  { name: 'Ada Example', owner: 'acme-studio', on: ['x', 'linkedin', 'facebook'] },
  { name: 'Grace Sample', owner: 'acme-studio', on: ['youtube', 'threads'] },
  { name: 'Mira Okafor', owner: 'user_4102', on: ['x', 'tiktok', 'pinterest'] },
  { name: 'Jonas Lindqvist', owner: 'user_4117', on: ['x', 'linkedin'] },
  { name: 'Chiara Bianchi', owner: 'user_4230', on: ['youtube', 'twitch'] },
  { name: 'Tomás Herrera', owner: 'user_4388', on: ['x', 'threads', 'facebook'] },
  { name: 'Yuki Tanabe', owner: 'user_4401', on: ['twitch', 'youtube'] },
  { name: 'Priya Raman', owner: 'user_4456', on: ['slack', 'linkedin'] },
  { name: 'Étienne Moreau', owner: 'user_5023', on: ['x', 'pinterest'] },
  { name: 'Noor Haddad', owner: 'user_5190', on: ['youtube', 'tiktok'] },
  { name: 'Leo Fischer', owner: 'user_5311', on: ['x', 'linkedin', 'twitch'] },
  { name: 'Konstantina-Alexandra Papadopoulou-Vasilakopoulou', owner: 'tenant_0f3c9d5e7b', on: ['x', 'youtube'] },
  { name: 'Ines Duarte', owner: 'user_6002', on: ['tiktok', 'threads'] },
  { name: 'Sam Whitfield', owner: 'user_6128', on: ['x', 'slack'] },
  { name: 'Aiko Mori', owner: 'user_6340', on: ['youtube', 'x'] },
  { name: 'Björn Nyström', owner: 'user_7014', on: ['linkedin', 'twitch'] },
];
