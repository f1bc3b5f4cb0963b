import type { AccountList, Profile, RateLimitReset } from '../define.ts';

/* What Tumblr's API is, whichever protocol gave the token. */

interface Blog {
  uuid: string;
  name: string;
  title?: string;
  url?: string;
  primary?: boolean;
}

const userInfo = 'https://api.tumblr.com/v2/user/info';

/** Blogs can be renamed; the uuid stays. The address of the picture leads to the picture, for everybody. */
const toAccount = ({ uuid, name, title, url }: Blog) => ({
  id: uuid,
  name: title || name,
  username: name,
  picture: `https://api.tumblr.com/v2/blog/${name}.tumblr.com/avatar/128`,
  url: url ?? null,
});

/** People have no id of their own; it is that of their primary blog. */
export const tumblrProfile: Profile = {
  get: userInfo,
  map: ({ response: { user } }) => {
    const primary = user.blogs?.find((blog: Blog) => blog.primary) ?? user.blogs?.[0];
    return primary ? toAccount(primary) : { id: user.name, name: user.name, username: user.name };
  },
};

/** The token works for every blog of the person. */
export const tumblrBlogs: AccountList = {
  get: userInfo,
  items: 'response.user.blogs',
  map: toAccount,
  type: 'blog',
  emptyHint: 'This Tumblr account has no blog. Create one at tumblr.com, or sign in to another account.',
};

/** Which limit is reached, that of the hour or of the day, and when it ends; 1,000 and 5,000 calls for each app. */
const limitReset: RateLimitReset = (headers) => {
  const reached = ['perday', 'perhour'].find((period) => headers[`x-ratelimit-${period}-remaining`] === '0');
  const seconds = Number(headers[`x-ratelimit-${reached}-reset`]);
  return Number.isFinite(seconds) ? seconds : null;
};

export const tumblrApi = { baseUrl: 'https://api.tumblr.com', rateLimitReset: limitReset };
